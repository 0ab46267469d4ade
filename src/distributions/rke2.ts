/** RKE2. Source: nixpkgs' module and package. */
import { type Distribution, ownKubelet } from './distribution.ts';

const roles = ['server', 'agent'] as const;
const programs = ['rke2', '.rke2-wrapped'];
const roleIn: Distribution['roleIn'] = ([, command]) => roles.find((role) => role === command) ?? null;

export const rke2: Distribution = {
  roles,
  roleIn,
  programs,
  kubelet: ownKubelet({ directory: 'rke2', programs, roleIn }),
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
};
