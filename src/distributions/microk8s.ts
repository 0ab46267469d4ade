/**
 * MicroK8s, a snap whose process kubelite holds kubelet. Source: canonical/microk8s (run-kubelite-with-args and
 * use_snap_env for PATH, default-args for the root directory, microk8s-kubectl.wrapper).
 */
import { hasFlag, optionIn, programOf } from './command-line.ts';
import type { Distribution } from './distribution.ts';

const programs = ['kubelite'];
const snap = '/snap/microk8s/current';

/** A node that joined as a worker is told not to start a control plane. */
const roleIn: Distribution['roleIn'] = (argv) => {
  if (!programs.includes(programOf(argv))) return null;
  const flag = '--start-control-plane';
  return optionIn(argv, flag) === null || hasFlag(argv, flag) ? 'control-plane' : 'worker';
};

export const microk8s: Distribution = {
  onNixos: false,
  roles: ['control-plane', 'worker'],
  roleIn,
  programs,
  holdsKubelet: () => true,
  kubeletRoot: '/var/snap/microk8s/common/var/lib/kubelet',
  units: ['snap.microk8s.daemon-kubelite'],
  unitOf: () => 'snap.microk8s.daemon-kubelite',
  unitHint: 'Is MicroK8s installed as a snap? List its services with: snap services microk8s',
  // `snap run` puts the snap's directories first. It has no mount of its own, so the system's is used.
  passesOn: (env) => ({
    env: { ...env, PATH: `${snap}/usr/bin:${snap}/bin:${snap}/usr/sbin:${snap}/sbin:${env['PATH']}` },
    ownDirectory: `${snap}/bin`,
    componentPath: undefined,
  }),
  wrapped: 'no',
  kubeconfigs: ['/var/snap/microk8s/current/credentials/client.config'],
  kubectl: ['microk8s', 'kubectl'],
  workers: ['worker'],
  nodeKubeconfig: '/var/snap/microk8s/current/credentials/kubelet.config',
};
