/** RKE2. Source: nixpkgs' module and package. */
import { commandIn, optionIn } from './command-line.ts';
import type { Distribution } from './distribution.ts';

const roles = ['server', 'agent'] as const;

/** The options before the command, of those with a value. */
const valued = ['--config', '-c'];

const roleIn: Distribution['roleIn'] = (argv) => {
  const command = commandIn(argv, valued);
  return roles.find((role) => role === command) ?? null;
};

export const rke2: Distribution = {
  roles,
  roleIn,
  programs: ['rke2'],
  // argv[0] is plain kubelet, found in PATH in a directory of rke2.
  owns: ({ argv, program }) =>
    [program, argv[0], optionIn(argv, '--root-dir')].some((path) => path?.split('/').includes('rke2')),
  kubeletRoot: '/var/lib/kubelet',
  units: ['rke2-agent', 'rke2-server'],
  unitOf: (role) => `rke2-${role}`,
  unitHint:
    'It is rke2-server or rke2-agent: generate again with the right --role, or with --unit NAME for another name.',
  wrapped: 'yes',
  package: {
    option: 'services.rke2.package',
    builds: 'util-linuxMinimal and the whole of rke2, which is compiled again',
  },
  kubeconfigs: ['/etc/rancher/rke2/rke2.yaml'],
  kubeconfigIn: (argv) => optionIn(argv, '--write-kubeconfig') ?? optionIn(argv, '-o'),
  workers: ['agent'],
  kubectlFile: '/var/lib/rancher/rke2/bin/kubectl',
};
