/** Takes the names out of a diagnosis, and keeps its structure: equal names stay equal within one report. */
import { createHmac, randomBytes } from 'node:crypto';
import type { Diagnose, Found } from '../report/documents/diagnose-shape.ts';

export interface Redaction {
  finding(finding: Found): Found;
  document(diagnose: Diagnose): Diagnose;
}

type Hash = (kind: string, name: string) => string;

/** @param key of the hashes; a fresh one each time, so that nobody can try names */
export function redaction(key: Uint8Array = randomBytes(32)): Redaction {
  const hash: Hash = (kind, name) =>
    `${kind}-${createHmac('sha256', key).update(`${kind}\0${name}`).digest('hex').slice(0, 8)}`;
  const finding = (found: Found): Found => redactedFinding(found, hash);
  return {
    finding,
    document: ({ findings, sources, notes, ...rest }) => ({
      ...rest,
      findings: findings.map(finding),
      sources: sources.map(({ bytes, damage }, index) => ({
        name: `source ${index + 1}`,
        bytes,
        damage: damage === null ? null : 'damaged or cut off',
      })),
      notes: notes.filter(({ code }) => !nameful.has(code)),
      redacted: true,
    }),
  };
}

/** Notes with names in them, or with what a program says; what they are about stands in the findings and sources. */
const nameful = new Set<Diagnose['notes'][number]['code']>([
  'not-whole',
  'source-says',
  'leftovers-since',
  'pods-not-named',
]);

function redactedFinding({ pod, mounts, examples, ...rest }: Found, hash: Hash): Found {
  const orNull = (kind: string, name: string | null): string | null =>
    name === null ? null : hash(kind, name);
  return {
    ...rest,
    pod: pod && {
      uid: orNull('uid', pod.uid),
      namespace: orNull('namespace', pod.namespace),
      name: orNull('pod', pod.name),
    },
    mounts: mounts.map(({ volume, container, index }) => ({
      volume: orNull('volume', volume),
      container: orNull('container', container),
      index,
    })),
    // A message of the defect has names in its paths alone; of another cause anything can be in it.
    examples: rest.looksLike.length > 0 ? [] : examples.map((text) => pathRedacted(text, hash)),
  };
}

/** Without the directory that kubelet's root is. */
const pathRedacted = (text: string, hash: Hash): string =>
  text.replace(
    /(?:\/[^\s"/]+)*\/pods\/([\w.-]+)\/volume-subpaths\/([\w.~-]+)(?:\/([\w.-]+))?/g,
    (_, uid: string, volume: string, container: string | undefined) => {
      const end = container === undefined ? '' : `/${hash('container', container)}`;
      return `…/pods/${hash('uid', uid)}/volume-subpaths/${hash('volume', volume)}${end}`;
    },
  );
