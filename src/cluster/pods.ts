/** Looks up the names of pods in the cluster: kubelet's directories have only their UIDs. */
import { type Fact, known, unknown } from '../facts/fact.ts';
import type { Host } from '../host/host.ts';
import { clip } from '../text/clip.ts';
import { ask, type ClusterOptions, findKubectl } from './kubectl.ts';

export type { ClusterOptions };

export interface Pod {
  namespace: string;
  name: string;
  /** such as Running, Pending */
  phase: string;
  /** it has a deletionTimestamp */
  deleting: boolean;
}

const limits = { timeoutMs: 10_000, maxBytes: 32_000_000 };
/** A static pod's directory has the hash of its manifest, which its mirror pod has as an annotation. */
const fields = [
  '.metadata.uid',
  String.raw`.metadata.annotations.kubernetes\.io/config\.hash`,
  '.metadata.namespace',
  '.metadata.name',
  '.metadata.deletionTimestamp',
  '.status.phase',
];
const template = `{range .items[*]}${fields.map((field) => `{${field}}`).join('{"\\t"}')}{"\\n"}{end}`;
const query = ['get', 'pods', '--all-namespaces', '--request-timeout=8s', `--output=jsonpath=${template}`];

/**
 * All pods of the cluster, by UID.
 * @returns unknown if there is no kubectl, or it does not answer in time
 */
export async function readPods(
  host: Host,
  options: ClusterOptions,
  signal?: AbortSignal,
): Promise<Fact<Map<string, Pod>>> {
  const kubectl = await findKubectl(host, options);
  if (!kubectl.known) return kubectl;
  const asked = await ask(host, kubectl.value, { args: query }, { ...limits, signal });
  if (asked.stopped === 'signal') return unknown('interrupted', 'interrupted');
  if (!asked.ok) return unknown('no-answer', `${kubectl.evidence}: ${asked.words}`);
  const pods = parsePods(asked.lines);
  if (pods) return known(pods, kubectl.evidence);
  const [first = ''] = asked.lines;
  return unknown('not-understood', `${kubectl.evidence}: the answer is not a list of pods: ${clip(first)}`);
}

const named = '[a-z0-9][a-z0-9.-]*';
const podLine = new RegExp(`^([\\w.-]+)\\t([\\w.-]*)\\t(${named})\\t(${named})\\t([\\w:.+-]*)\\t(\\w*)$`);

/** @returns null for an answer that is not empty and has no pod */
export function parsePods(lines: string[]): Map<string, Pod> | null {
  const pods = new Map<string, Pod>();
  for (const line of lines) {
    const match = podLine.exec(line);
    if (!match) continue;
    const [, uid = '', hash = '', namespace = '', name = '', deleted = '', phase = ''] = match;
    const pod = { namespace, name, phase, deleting: deleted !== '' };
    pods.set(uid, pod);
    if (hash !== '') pods.set(hash, pod);
  }
  return pods.size > 0 || lines.join('').trim() === '' ? pods : null;
}
