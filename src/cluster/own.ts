/** What the Kubernetes distribution of this machine has for its administrator: a kubectl, and a kubeconfig. */
import { programName } from '../distributions/identify.ts';
import { type DistributionName, distributions } from '../distributions/index.ts';
import { findUnit } from '../facts/node/find-unit.ts';
import { readRunning } from '../facts/node/kubelet.ts';
import type { Host } from '../host/host.ts';

export interface OwnAccess {
  /** its kubectl with arguments, by its path, and whether that finds a kubeconfig by itself */
  kubectl: { file: string; args: string[]; configured: boolean } | null;
  /** the administrator's kubeconfig, by its command line; null if that does not say */
  kubeconfig: string | null;
  /** which kind of node this is, if such a node does not get the administrator's kubeconfig */
  worker: string | null;
}

/** By the running kubelet and the unit that starts it: a distribution's program need not be in PATH. */
export async function ownAccess(host: Host): Promise<OwnAccess> {
  const running = await readRunning(host);
  const { kubelet } = running;
  const unit = await findUnit(host, running);
  const argv = unit.known ? unit.value.exec : [];
  const name = kubelet.known ? kubelet.value.distribution : unit.known ? unit.value.distribution : null;
  if (name === null) return { kubectl: null, kubeconfig: null, worker: null };
  const { workers = [], kubectlFile, kubeconfigIn, roleIn } = distributions[name];
  const role = (kubelet.known ? kubelet.value.role : null) ?? roleIn(argv);
  return {
    kubectl: kubectlFile === undefined ? await builtIn(host, argv, name) : await plain(host, kubectlFile),
    kubeconfig: kubeconfigIn?.(argv) ?? null,
    worker: role !== null && workers.includes(role) ? `${name} ${role}` : null,
  };
}

/** The program of a distribution is its kubectl, too. */
async function builtIn(
  host: Host,
  [file]: readonly string[],
  name: DistributionName,
): Promise<OwnAccess['kubectl']> {
  const { kubectl, programs } = distributions[name];
  if (!kubectl || file === undefined || !programs.includes(programName(file))) return null;
  if ((await host.distrust(file)) !== null) return null;
  return { file, args: kubectl.slice(1), configured: true };
}

async function plain(host: Host, path: string): Promise<OwnAccess['kubectl']> {
  const { file } = await host.findTool(path);
  return file === null ? null : { file, args: [], configured: false };
}
