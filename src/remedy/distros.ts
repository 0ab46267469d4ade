/** Where kubelet runs in each distribution of Kubernetes, and what reaches it there. */

export const distroNames = ['k0s', 'k3s', 'rke2', 'kubernetes'] as const;
export type Distro = (typeof distroNames)[number];

export type Wrapped = 'yes' | 'no' | 'unknown';

export interface DistroTraits {
  /** the roles that a node can have; the first is what a node has when nothing is said */
  roles: readonly string[];
  /** the systemd unit that runs kubelet, on NixOS */
  unit(role: string): string;
  /** the same where a distribution's own installer made it, where that differs */
  unitElsewhere?(role: string): string;
  /** what to do when there is no such unit */
  unitHint: string;
  /** whether the package puts its own util-linux in front of the unit's PATH */
  wrapped: Wrapped;
  /** the NixOS option that holds the package, where one can be called again */
  packageOption: string | null;
  /** what the distribution's supervisor strips from a variable that is for kubelet alone */
  kubeletPrefix: string;
}

/**
 * Sources: k0s-nix (unit names, wrapping since its pull request 31), the k0s documentation of environment
 * variables (the prefix), nixpkgs' modules for k3s, rke2 and kubernetes.
 */
export const distros: Record<Distro, DistroTraits> = {
  k0s: {
    roles: ['single', 'controller', 'controller+worker', 'worker'],
    unit: (role) => (role === 'worker' ? 'k0sworker' : 'k0scontroller'),
    unitHint:
      'k0s-nix names it k0sworker for role worker and k0scontroller for the others, and k0s since 2026-08-20: generate again with the right --role, or with --unit k0s.',
    wrapped: 'unknown',
    packageOption: 'services.k0s.package',
    kubeletPrefix: 'KUBELET_',
  },
  k3s: {
    roles: ['server', 'agent'],
    unit: () => 'k3s',
    unitElsewhere: (role) => (role === 'agent' ? 'k3s-agent' : 'k3s'),
    unitHint: 'Is services.k3s.enable set? Generate again with --unit NAME for another name.',
    wrapped: 'yes',
    packageOption: 'services.k3s.package',
    kubeletPrefix: '',
  },
  rke2: {
    roles: ['server', 'agent'],
    unit: (role) => `rke2-${role}`,
    unitHint: 'It is rke2-server or rke2-agent: generate again with the right --role, or with --unit NAME.',
    wrapped: 'yes',
    packageOption: 'services.rke2.package',
    kubeletPrefix: '',
  },
  kubernetes: {
    roles: ['node'],
    unit: () => 'kubelet',
    unitHint: 'Is services.kubernetes.kubelet.enable set? Generate again with --unit NAME for another name.',
    wrapped: 'no',
    packageOption: null,
    kubeletPrefix: '',
  },
};
