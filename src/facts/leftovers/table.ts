/** Which mount table has kubelet's mounts: a shell in a container, or in a debug pod, has another. */
import { type Host, orNull } from '../../host/host.ts';
import type { Running } from '../node/kubelet.ts';

/** own: kubelet's is this program's own; kubelet: it is another; uncertain: nobody can tell from here. */
export const tableKinds = ['own', 'kubelet', 'uncertain'] as const;

export type MountTable =
  | { kind: 'own'; file: string; because: null }
  | { kind: 'kubelet' | 'uncertain'; file: string /** a sentence */; because: string };

const file = '/proc/self/mountinfo';
const own: MountTable = { kind: 'own', file, because: null };

/** As the kernel always names it (PROC_PID_INIT_INO in include/linux/proc_ns.h). */
const initialProcesses = 'pid:[4026531836]';

export async function kubeletTable(host: Host, { kubelet, elsewhere }: Running): Promise<MountTable> {
  if (kubelet.known) return own;
  const { code, text } = kubelet.reason;
  if (elsewhere !== null) return { kind: 'kubelet', file: `/proc/${elsewhere}/mountinfo`, because: text };
  if (code === 'several-kubelets' || code === 'not-trusted') return own;
  if (code === 'no-access') return { kind: 'uncertain', file, because: text };
  const linkOf = (link: string): Promise<string | null> => orNull(host.readLink(`/proc/${link}`));
  const [first, namespace, processes] = await Promise.all(
    ['1/ns/mnt', 'self/ns/mnt', 'self/ns/pid'].map(linkOf),
  );
  // Without a kubelet, the machine's first process is where it would run.
  if (first !== null && first === namespace && processes === initialProcesses) return own;
  const because = `no kubelet can be seen from here (${text}), and this is not the mount namespace of the machine's first process`;
  return { kind: 'uncertain', file, because };
}
