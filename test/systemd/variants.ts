/** Which mount: that of the node's Debian, whose util-linux has the fix, or the stand-in for that of 2.41. */
export const FLAVOURS = ['good', 'affected'] as const;
export type Flavour = (typeof FLAVOURS)[number];

export type Distribution = 'k0s' | 'k3s' | 'rke2' | 'kubernetes';

/** How Kubernetes is set up on a node. */
export interface Variant {
  distribution: Distribution;
  /** The unit that starts kubelet, without .service. */
  unit: string;
  /** What follows the program in that unit. */
  args: readonly string[];
  /** As NixOS writes its units, or as `k0s install` does. */
  form: 'nixos' | 'installer';
  /** The mount that is first in the unit's PATH. */
  mount: Flavour;
  /** The mount that the package's wrapper puts before that; without, the program is started itself. */
  wrapper?: Flavour;
  /** The mount that is first in KUBELET_PATH. */
  kubeletPath?: Flavour;
  /** Further variables of the unit. */
  env?: Readonly<Record<string, string>>;
}

const nixos = { form: 'nixos', mount: 'affected' } as const;
const installer = { form: 'installer', mount: 'affected' } as const;
const config = '--config=/etc/k0s/k0s.yaml';
const data = '--data-dir=/var/lib/k0s';

/** The forms that were seen on real nodes, each with the affected mount in its unit's PATH. */
export const VARIANTS = {
  k0s: {
    ...nixos,
    distribution: 'k0s',
    unit: 'k0scontroller',
    args: ['controller', data, config, '--single'],
  },
  // The unit's only name since 2026-08-20.
  'k0s-unit': { ...nixos, distribution: 'k0s', unit: 'k0s', args: ['controller', data, config, '--single'] },
  'k0s-controller': {
    ...nixos,
    distribution: 'k0s',
    unit: 'k0scontroller',
    args: ['controller', data, config],
  },
  'k0s-worker': {
    ...nixos,
    distribution: 'k0s',
    unit: 'k0sworker',
    args: ['worker', data, '--token-file=/etc/k0s/k0stoken'],
  },
  'k0s-installed': {
    ...installer,
    distribution: 'k0s',
    unit: 'k0scontroller',
    args: ['controller', config, '--single=true'],
  },
  'k0s-installed-with-worker': {
    ...installer,
    distribution: 'k0s',
    unit: 'k0scontroller',
    args: ['controller', config, '--enable-worker=true'],
  },
  'k0s-elsewhere': {
    ...installer,
    distribution: 'k0s',
    unit: 'k0scontroller',
    args: ['controller', '--data-dir', '/data/kube', '--kubelet-root-dir', '/var/lib/kubelet', '--single'],
  },
  k3s: { ...nixos, distribution: 'k3s', unit: 'k3s', args: ['server'] },
  'k3s-agent': { ...nixos, distribution: 'k3s', unit: 'k3s', args: ['agent'] },
  rke2: { ...nixos, distribution: 'rke2', unit: 'rke2-server', args: ['server'] },
  'rke2-agent': { ...nixos, distribution: 'rke2', unit: 'rke2-agent', args: ['agent'] },
  kubernetes: { ...nixos, distribution: 'kubernetes', unit: 'kubelet', args: [] },
} as const satisfies Record<string, Variant>;
export type VariantName = keyof typeof VARIANTS;

/** Where a variant keeps what the test suite has to give it or to ask it for. */
export interface Paths {
  /** Of the control plane: its keys and users are in pki below. */
  controlPlane: string;
  admin: string;
  /** Kubelet's own kubeconfig. */
  kubelet: string;
  kubeletRoot: string;
  /** Containerd's socket. */
  socket: string;
}

const apart = '/var/lib/control-plane';

export function pathsOf({ distribution, args }: Variant): Paths {
  switch (distribution) {
    case 'k0s': {
      const dataDir = optionIn(args, '--data-dir') ?? '/var/lib/k0s';
      return {
        controlPlane: dataDir,
        admin: `${dataDir}/pki/admin.conf`,
        kubelet: optionIn(args, '--token-file') ?? `${dataDir}/kubelet.conf`,
        kubeletRoot: optionIn(args, '--kubelet-root-dir') ?? `${dataDir}/kubelet`,
        socket: '/run/k0s/containerd.sock',
      };
    }
    case 'kubernetes':
      return {
        controlPlane: apart,
        admin: '/etc/kubernetes/admin.conf',
        kubelet: '/etc/kubernetes/kubelet.conf',
        kubeletRoot: '/var/lib/kubernetes',
        socket: '/run/containerd/containerd.sock',
      };
    case 'k3s':
    case 'rke2':
      return {
        controlPlane: apart,
        // An agent has none: with a control plane of the test suite beside it, that keeps its own.
        admin:
          args[0] === 'agent'
            ? `${apart}/pki/admin.conf`
            : `/etc/rancher/${distribution}/${distribution}.yaml`,
        kubelet: `/var/lib/rancher/${distribution}/agent/kubelet.kubeconfig`,
        kubeletRoot: '/var/lib/kubelet',
        socket: '/run/k3s/containerd/containerd.sock',
      };
  }
}

/** A k0s controller is the only one that can go without. */
export function runsKubelet({ distribution, args }: Variant): boolean {
  if (distribution !== 'k0s' || args[0] === 'worker') return true;
  return args.some((arg) => /^--(single|enable-worker)(=(1|t|T|TRUE|true|True))?$/.test(arg));
}

function optionIn(args: readonly string[], name: string): string | undefined {
  const at = args.indexOf(name);
  return at >= 0 ? args[at + 1] : args.find((arg) => arg.startsWith(`${name}=`))?.slice(name.length + 1);
}
