/** kubelet with its own unit: services.kubernetes of NixOS, kubeadm. */
import { type Distribution, ownKubelet } from './distribution.ts';

const programs = ['kubelet'];
const roleIn = (): string => 'node';

export const kubernetes: Distribution = {
  roles: ['node'],
  roleIn,
  programs,
  kubelet: ownKubelet({ programs, roleIn }),
  units: ['kubelet'],
  unitOf: () => 'kubelet',
  unitHint:
    'Is services.kubernetes.kubelet.enable set? If the unit has another name, generate again with --unit NAME.',
  wrapped: 'no',
  kubeconfigs: ['/etc/kubernetes/admin.conf'],
};
