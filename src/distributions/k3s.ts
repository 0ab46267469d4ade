/** k3s, which runs kubelet in its own process. Source: nixpkgs' module and package. */
import { commandIn, hasFlag, optionIn, programOf } from './command-line.ts';
import type { Distribution } from './distribution.ts';

const roles = ['server', 'agent'] as const;
const programs = ['k3s', ...roles.map((role) => `k3s-${role}`)];

/** The options before the command, of those with a value (pkg/cli/cmds/root.go, log.go). */
const valued = ['--data-dir', '-d', '-v', '--vmodule', '--log', '-l'];

const roleIn: Distribution['roleIn'] = (argv) => {
  const [program, command] = [programOf(argv), commandIn(argv, valued)];
  return roles.find((role) => program === `k3s-${role}` || command === role) ?? null;
};

export const k3s: Distribution = {
  roles,
  roleIn,
  programs,
  holdsKubelet(argv) {
    const role = roleIn(argv);
    return role !== null && !(role === 'server' && hasFlag(argv, '--disable-agent'));
  },
  kubeletRoot: '/var/lib/kubelet',
  // NixOS uses k3s for both roles; the installer of k3s calls an agent's unit k3s-agent.
  units: ['k3s', 'k3s-agent'],
  unitOf: (role, nixos) => (role === 'agent' && !nixos ? 'k3s-agent' : 'k3s'),
  unitHint: 'Is services.k3s.enable set? If the unit has another name, generate again with --unit NAME.',
  wrapped: 'yes',
  nixpkgsFix: 'package',
  package: {
    option: 'services.k3s.package',
    builds: "util-linuxMinimal and k3s' outer program, which is compiled again",
  },
  kubeconfigs: ['/etc/rancher/k3s/k3s.yaml'],
  kubeconfigIn: (argv) => optionIn(argv, '--write-kubeconfig') ?? optionIn(argv, '-o'),
  workers: ['agent'],
  nodeKubeconfig: '/var/lib/rancher/k3s/agent/kubelet.kubeconfig',
  kubectl: ['k3s', 'kubectl'],
};
