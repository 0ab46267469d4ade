/** kubelet with its own unit: services.kubernetes of NixOS, kubeadm. */
import type { Distribution } from './distribution.ts';

export const kubernetes: Distribution = {
  roles: ['node'],
  roleIn: () => 'node',
  programs: ['kubelet'],
  kubeletRoot: '/var/lib/kubelet',
  units: ['kubelet'],
  unitOf: () => 'kubelet',
  unitHint:
    'Is services.kubernetes.kubelet.enable set? If the unit has another name, generate again with --unit NAME.',
  wrapped: 'no',
  nixpkgsFix: 'path',
  kubeconfigs: ['/etc/kubernetes/admin.conf'],
};
