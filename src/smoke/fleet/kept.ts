/**
 * Keeps the results of a run on all nodes, so that a later one can go on: on this machine while it runs, and in the
 * cluster once it has ended early, so that nothing is left there by a run that ends well.
 */
import { createHash } from 'node:crypto';
import path from 'node:path';
import { type Answer, ask, documents, type Kubectl } from '../../cluster/kubectl.ts';
import { itemsOf, type NodeView, parsed, textAt, valueAt } from '../../cluster/views.ts';
import { distrustText } from '../../host/distrust.ts';
import { type Host, orNull, WriteError } from '../../host/host.ts';
import type { SmokeTarget } from '../objects.ts';
import type { SmokeRun } from '../observation.ts';
import { smokeStates } from '../result.ts';
import { keptNamespace, readShared, replaceShared } from './kept-in-cluster.ts';
import { entryOf, type Kept, mostAgeMs, newest, skewMs } from './kept-result.ts';
import type { Member } from './rollout.ts';

/** Of a run: where it is, and where its objects go. */
type Run = Pick<SmokeRun, 'host' | 'kubectl'> & { target: Pick<SmokeTarget, 'own' | 'namespace'> };

const fileLimit = 32_000_000;
const writeMs = 1000;
const limits = { timeoutMs: 10_000 };

/** For each way to a cluster there is a file; what it says of a node has the node's UID. */
function fileFor({ isRoot, env }: Host, { args, env: kubectlEnv }: Kubectl): string | null {
  const { XDG_STATE_HOME: given = '', HOME: home = '' } = env;
  const user = given.startsWith('/') ? given : home.startsWith('/') ? path.join(home, '.local/state') : null;
  const base = isRoot ? '/var/lib' : user;
  const key = JSON.stringify([args, kubectlEnv['KUBECONFIG'] ?? null]);
  const name = createHash('sha256').update(key).digest('hex').slice(0, 12);
  return base === null ? null : path.join(base, 'subpathfix', `nodes-${name}.json`);
}

function keptOf(value: unknown): Kept | null {
  const [uid, bootId, kubelet, runtime, because] = ['uid', 'bootId', 'kubelet', 'runtime', 'because'].map(
    (key) => textAt(value, key),
  );
  const at = valueAt(value, 'at');
  const state = smokeStates.find((each) => each === valueAt(value, 'state'));
  if (!uid || !bootId || !kubelet || !runtime || !because || typeof at !== 'number') return null;
  return state === 'fixed' || state === 'affected'
    ? { uid, bootId, kubelet, runtime, at, state, because }
    : null;
}

/** @returns those that are not too old; none if the file is not there, or somebody else could have written it */
async function read(host: Host, file: string): Promise<{ all: Kept[]; why: string | null }> {
  const text = await orNull(host.readText(file, fileLimit));
  if (text === null) return { all: [], why: 'there are no results of an earlier run' };
  const distrust = await host.distrust(file);
  if (distrust) return { all: [], why: distrustText(file, distrust) };
  const list = parsed(text);
  const now = host.now();
  const all = (Array.isArray(list) ? list : []).flatMap((each) => keptOf(each) ?? []);
  return { all: all.filter(({ at }) => at <= now && now - at < mostAgeMs), why: null };
}

/**
 * The results that still hold: of the same node, since whose test neither the machine nor kubelet was started. Of those
 * on this machine and those in the cluster, the newer.
 * @returns by UID, and why there are none
 */
export async function standingResults(
  { host, kubectl, target }: Run,
  nodes: readonly NodeView[],
): Promise<{ results: Map<string, Kept>; why: string | null }> {
  const file = fileFor(host, kubectl);
  const [here, shared] = await Promise.all([
    file === null ? { all: [], why: 'there is no HOME to keep results in' } : read(host, file),
    readShared(host, kubectl, keptNamespace(target)),
  ]);
  const byUid = newest([...here.all, ...shared.all]);
  if (byUid.size === 0) {
    const unread = shared.why === null ? [] : [`those in the cluster cannot be read: ${shared.why}`];
    const why = [here.why ?? 'there are no results of the last hour', ...unread].join('; ');
    return { results: new Map(), why };
  }
  const started = await kubeletStarts(host, kubectl);
  if (typeof started === 'string') {
    return { results: new Map(), why: `it cannot be told which kubelets were restarted: ${started}` };
  }
  const results = nodes.flatMap((view): [string, Kept][] => {
    const kept = byUid.get(view.uid);
    const same =
      kept?.bootId === view.machine.bootId &&
      kept?.kubelet === view.hints.kubelet &&
      kept?.runtime === view.hints.runtime;
    return kept && same && (started.get(view.name) ?? 0) < kept.at - skewMs ? [[view.uid, kept]] : [];
  });
  return { results: new Map(results), why: null };
}

/** When each kubelet was started last, in ms since the epoch, by its event; else why that cannot be read. */
async function kubeletStarts(host: Host, kubectl: Kubectl): Promise<Map<string, number> | string> {
  const selector = encodeURIComponent('involvedObject.kind=Node,reason=Starting');
  const answer: Answer = await ask(
    host,
    kubectl,
    { args: ['get', '--raw', `/api/v1/namespaces/default/events?fieldSelector=${selector}`] },
    limits,
  );
  if (!answer.ok) return answer.words;
  const starts = new Map<string, number>();
  for (const event of documents(answer).flatMap(itemsOf)) {
    const name = textAt(event, 'involvedObject', 'name');
    const times = ['lastTimestamp', 'eventTime', 'firstTimestamp'].map(
      (key) => Date.parse(textAt(event, key)) || 0,
    );
    starts.set(name, Math.max(starts.get(name) ?? 0, ...times));
  }
  return starts;
}

export interface Keeper {
  add(member: Member): void;
  /**
   * Writes what has not been written yet, and now in the cluster too; with every node's result certain there is nothing
   * to go on with, and what is there is removed.
   */
  end(isWhole: boolean): Promise<void>;
}

/** @param onTrouble results cannot be kept */
export async function keeper(
  { host, kubectl, target }: Run,
  onTrouble: (why: string) => void,
): Promise<Keeper> {
  const file = fileFor(host, kubectl);
  const namespace = keptNamespace(target);
  const all = new Map<string, Kept>();
  /** those that this run says something about: what is in the cluster about them is outdated */
  const tested = new Set<string>();
  if (file !== null) for (const each of (await read(host, file)).all) all.set(each.uid, each);
  let writing: Promise<void> | null = null;
  const over = new AbortController();
  let hasFailed = file === null;
  const write = async (): Promise<void> => {
    if (file === null || hasFailed) return;
    try {
      await host.makeDirectory(path.dirname(file), 0o700);
      await host.writeText(file, `${JSON.stringify([...all.values()])}\n`);
    } catch (error) {
      if (!(error instanceof WriteError)) throw error;
      hasFailed = true;
      onTrouble(`results cannot be kept for --resume: ${error.message}`);
    }
  };
  const share = async (isWhole: boolean): Promise<void> => {
    const shared = await readShared(host, kubectl, namespace);
    const others = shared.all.filter(({ uid }) => !tested.has(uid));
    const kept = isWhole ? [] : [...newest([...all.values(), ...others]).values()];
    if (kept.length === 0 && shared.names.length === 0) return;
    const why = shared.why ?? (await replaceShared(host, kubectl, namespace, shared.names, kept));
    if (why !== null) onTrouble(`results cannot be kept in namespace ${namespace} for --resume: ${why}`);
  };
  return {
    add(member) {
      const { result } = member;
      if (!result || result.testedAt !== undefined) return;
      // A node that has not had its turn is as it was found before.
      if (result.state === 'undetermined' && member.since === null) return;
      tested.add(member.view.uid);
      const entry = entryOf(member, host.now());
      if (!entry) return;
      const { state, because } = result;
      if (state !== 'fixed' && state !== 'affected') all.delete(entry.uid);
      else all.set(entry.uid, { ...entry, state, because });
      writing ??= host.pause(writeMs, over.signal).then(async () => {
        await write();
        writing = null;
      });
    },
    async end(isWhole) {
      over.abort();
      await writing;
      if (isWhole && file !== null) await host.remove(file).catch(() => undefined);
      else if (all.size > 0) await write();
      await share(isWhole);
    },
  };
}
