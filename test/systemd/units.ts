import { type Distribution, pathsOf, type Variant } from './variants.ts';

export interface Unit {
  environment: Readonly<Record<string, string>>;
  /** The program's path. */
  program: string;
}

/** What the unit of each says of its service, besides its program: k0s-nix, nixpkgs' modules for the others. */
const SERVICES: Record<Distribution, readonly string[]> = {
  k0s: [
    'Delegate=yes',
    'KillMode=process',
    'LimitCORE=infinity',
    'LimitNOFILE=999999',
    'Restart=always',
    'RestartSec=120',
    'TasksMax=infinity',
    'TimeoutStartSec=0',
  ],
  k3s: rancher(),
  rke2: rancher(),
  kubernetes: [
    'CPUAccounting=true',
    'MemoryAccounting=true',
    'Restart=on-failure',
    'RestartSec=1000ms',
    'Slice=kubernetes.slice',
  ],
};

const DESCRIPTIONS: Record<Distribution, string> = {
  k0s: 'k0s - Zero Friction Kubernetes',
  k3s: 'k3s service',
  rke2: 'rke2 service',
  kubernetes: 'Kubernetes Kubelet Service',
};

/** The text of the unit that starts a variant's kubelet. */
export function unitText(variant: Variant, { environment, program }: Unit): string {
  const exec = `ExecStart=${[program, ...variant.args, ...ownArguments(variant)].join(' ')}`;
  const variables = Object.entries(environment).map(([name, value]) => `Environment="${name}=${value}"`);
  if (variant.form === 'installer') return installerUnit(program, exec, variables);
  return `[Unit]
After=network-online.target
Description=${DESCRIPTIONS[variant.distribution]}

[Service]
${variables.sort().join('\n')}
${[exec, ...SERVICES[variant.distribution]].sort().join('\n')}
`;
}

/** kubelet as a unit of its own gets its configuration there: the others give it to theirs. */
function ownArguments(variant: Variant): string[] {
  if (variant.distribution !== 'kubernetes') return [];
  const { kubelet, kubeletRoot, socket } = pathsOf(variant);
  return [
    '--config=/etc/kubernetes/kubelet.yaml',
    `--container-runtime-endpoint=unix://${socket}`,
    `--kubeconfig=${kubelet}`,
    `--root-dir=${kubeletRoot}`,
    `--cert-dir=${kubeletRoot}/pki`,
  ];
}

/** As pkg/install/linux_systemd.go of k0s has it, with --env PATH=... */
function installerUnit(program: string, exec: string, variables: readonly string[]): string {
  return `[Unit]
Description=k0s - Zero Friction Kubernetes
Documentation=https://docs.k0sproject.io
ConditionFileIsExecutable=${program}

After=network-online.target 
Wants=network-online.target 

[Service]
StartLimitInterval=5
StartLimitBurst=10
${exec}
${variables.join('\n')}

RestartSec=10
Delegate=yes
KillMode=process
LimitCORE=infinity
TasksMax=infinity
TimeoutStartSec=0
LimitNOFILE=999999
Restart=always

[Install]
WantedBy=multi-user.target
`;
}

/** services.k3s and services.rke2 of nixpkgs, but for the type: the stand-ins do not notify. */
function rancher(): string[] {
  return [
    'Delegate=yes',
    'KillMode=process',
    'LimitCORE=infinity',
    'LimitNOFILE=1048576',
    'LimitNPROC=infinity',
    'Restart=always',
    'RestartSec=5s',
    'TasksMax=infinity',
    'TimeoutStartSec=0',
    'Type=exec',
  ];
}

/** A shell wrapper as makeWrapper of nixpkgs writes it, for `--prefix PATH : DIR`. */
export function wrapperText(shell: string, prefix: string, wrapped: string): string {
  return `#! ${shell} -e
PATH=\${PATH:+':'$PATH':'}
PATH=\${PATH/':''${prefix}'':'/':'}
PATH='${prefix}'$PATH
PATH=\${PATH#':'}
PATH=\${PATH%':'}
export PATH
exec -a "$0" "${wrapped}"  "$@" 
`;
}
