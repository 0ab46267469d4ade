/** The document of `diagnose`: what logs show of the defect, one finding a pod. */
import { lookAlikes, lookAlikeText } from '../../advisory/look-alikes.ts';
import { cell } from '../../text/table.ts';
import { type Diagnosed, exitCodeOfDiagnosis, type Strength, strengths } from '../../verdict/diagnosis.ts';
import { type Block, type Document, type Finding, list, type Outcome } from '../document.ts';
import { advice, head, message, type Published, type Zod } from './shapes.ts';

export const diagnoseNoteCodes = [
  'proves-nothing',
  'leftovers-since',
  'look-alike',
  'not-whole',
  'cut',
  'pods-not-named',
  'source-says',
] as const;

const finding = (z: Zod) =>
  z.strictObject({
    strength: z.enum(strengths),
    pod: z
      .strictObject({
        uid: z.string().nullable(),
        namespace: z.string().nullable(),
        name: z.string().nullable(),
      })
      .nullable()
      .describe('null if the messages name none'),
    mounts: z
      .array(
        z.strictObject({
          volume: z.string().nullable(),
          container: z.string().nullable(),
          index: z.int().nullable().describe('of the volumeMount in its container'),
        }),
      )
      .describe('those that show it'),
    firstSeen: z.string().nullable().describe('as the log has it; without a zone where the log has none'),
    lastSeen: z.string().nullable(),
    messages: z
      .int()
      .describe('of the defect, or of another cause; a log can have the same fault several times'),
    signatures: z.array(z.strictObject({ id: z.string().describe('of the advisory'), messages: z.int() })),
    looksLike: z.array(z.enum(lookAlikes.map(({ code }) => code) as [string, ...string[]])),
    leftoversSince: z
      .string()
      .nullable()
      .describe('since when only a leftover is seen: the mount may work by now; null if that is not so'),
    examples: z.array(z.string()).describe('a message of each kind'),
  });

export const published = (z: Zod) =>
  z.strictObject({
    ...head(z, 'diagnose'),
    sources: z.array(
      z.strictObject({
        name: z.string(),
        bytes: z.int().describe('that were searched, unpacked'),
        damage: z.string().nullable().describe('why it could not be read to its end; null if it was'),
      }),
    ),
    strength: z.enum(strengths).nullable().describe('the strongest finding; null for none'),
    findings: z.array(finding(z)),
    cut: z.int().describe('messages about pods beyond the limit, which are not listed'),
    redacted: z.boolean(),
    notes: z.array(message(z, diagnoseNoteCodes)),
    advice: z.array(advice(z)),
  });

export type Diagnose = Published<typeof published>;
type Found = Diagnose['findings'][number];

export const outcomeOfStrength: Record<Strength, Outcome> = {
  proven: 'bad',
  likely: 'unknown',
  aftermath: 'unknown',
  unclear: 'unknown',
  other: 'good',
};

const words: Record<Strength, string> = {
  proven: 'this defect',
  likely: 'likely this defect',
  aftermath: 'held by a leftover',
  unclear: 'cannot determine',
  other: 'something else',
};

const why: Record<Strength, string> = {
  proven: 'both halves of the defect, or what mount itself says of it',
  likely: 'one half of the defect; the other was not logged, or is not in this log',
  aftermath: 'what the defect left is in the way of a mount that may work by now',
  unclear: "a symptom that has other causes too; kubelet's log has the reason",
  other: 'another cause is in the log',
};

/** @param isWhole whether everything that was asked for could be read */
export function diagnoseDocument(
  diagnose: Diagnose,
  isWhole: boolean,
  node: string | null,
): Document<Diagnose, Found | null> {
  const { findings, notes, advice: next } = diagnose;
  const exitCode = exitCodeOfDiagnosis(findings, isWhole);
  const outcome = exitCode === 0 ? 'good' : exitCode === 1 ? 'bad' : 'unknown';
  const first = headline(diagnose, isWhole);
  return {
    command: 'diagnose',
    subject: { node },
    outcome,
    headline: first,
    message: '',
    findings: findings.length > 0 ? findings.map(findingOf) : [{ ...nothing, outcome, message: first }],
    blocks: [...(findings.length > 0 ? [table(findings)] : []), ...examples(findings)],
    notes,
    next,
    exitCode,
    published: diagnose,
  };
}

const nothing = { id: 'defect', title: 'defect', state: 'none', details: [], data: null };

const podsText = (count: number): string => (count === 1 ? '1 pod' : `${count} pods`);

/** The answer in a few words. */
export function headline(
  { findings, strength }: Pick<Diagnose, 'findings' | 'strength'>,
  isWhole: boolean,
): string {
  const count = findings.filter((each) => each.strength === strength).length;
  switch (strength) {
    case 'proven':
      return `this defect: proven for ${podsText(count)}`;
    case 'likely':
      return `likely this defect: half of it was seen for ${podsText(count)}`;
    case 'aftermath':
      return `this node's mount may be fixed: run sweep; ${podsText(count)} ${count === 1 ? 'is' : 'are'} held by leftovers`;
    case 'unclear':
      return `cannot determine: ${podsText(count)} could not get a subPath, but the reason is not in this log`;
    case 'other':
      return isWhole ? 'something else, not this defect' : 'something else so far, but not all could be read';
    case null:
      return isWhole ? 'no sign of this defect' : 'no sign of this defect so far, but not all could be read';
  }
}

function findingOf(data: Found): Finding<Found> {
  const looks = data.looksLike.map((code) => lookAlikeText(code as never));
  return {
    id: data.pod?.uid ?? (podText(data) || 'no pod'),
    title: podText(data),
    outcome: outcomeOfStrength[data.strength],
    state: words[data.strength],
    message: data.strength === 'other' && looks.length > 0 ? looks.join('; ') : why[data.strength],
    details: data.examples,
    data,
  };
}

/** A pod by its name, else by its UID. */
export function podText({ pod }: Pick<Found, 'pod'>): string {
  if (!pod) return '(no pod named)';
  if (pod.name === null) return pod.uid ?? '(no pod named)';
  return pod.namespace === null ? pod.name : `${pod.namespace}/${pod.name}`;
}

/** A mount by its volume and container. */
export const mountsText = ({ mounts }: Pick<Found, 'mounts'>): string =>
  mounts
    .filter(({ volume, container }) => volume !== null || container !== null)
    .map(({ volume, container, index }) =>
      [container ?? '?', volume ?? '?', index].filter((each) => each !== null).join('/'),
    )
    .join(', ');

const seenText = ({ firstSeen, lastSeen }: Found): string =>
  firstSeen === null || lastSeen === null
    ? '-'
    : firstSeen === lastSeen
      ? firstSeen
      : `${firstSeen} to ${lastSeen}`;

const table = (findings: readonly Found[]): Block => ({
  kind: 'table',
  columns: ['POD', 'RESULT', 'CONTAINER/VOLUME', 'MESSAGES', 'SEEN', 'SIGNATURES'],
  spare: ['SIGNATURES', 'SEEN', 'MESSAGES'],
  rows: findings.map((each) => [
    cell(podText(each), 60),
    { text: words[each.strength], outcome: outcomeOfStrength[each.strength] },
    cell(mountsText(each) || '-', 60),
    `${each.messages}`,
    seenText(each),
    cell([...each.signatures.map(({ id }) => id), ...each.looksLike].join(', '), 100),
  ]),
});

/** One message of each kind, for the strongest finding of each strength. */
function examples(findings: readonly Found[]): Block[] {
  const shown = strengths.flatMap((strength) => findings.find((each) => each.strength === strength) ?? []);
  return list('seen', [...new Set(shown.flatMap((each) => each.examples.map((text) => cell(text, 300))))]);
}

/** What was seen, in its published form. */
export function publishDiagnosed({
  pod,
  strength,
  places,
  lookAlikes: looks,
  leftoversSince,
}: Diagnosed): Found {
  const orNull = (text: string): string | null => text || null;
  const { uid, namespace, name } = pod;
  return {
    strength,
    pod: uid || name ? { uid: orNull(uid), namespace: orNull(namespace), name: orNull(name) } : null,
    mounts: places.map(({ volume, container, index }) => ({
      volume: orNull(volume),
      container: orNull(container),
      index: index === '' ? null : Number(index),
    })),
    firstSeen: pod.first,
    lastSeen: pod.last,
    messages: pod.count,
    signatures: [...pod.signatures].map(([id, messages]) => ({ id, messages })),
    looksLike: looks,
    leftoversSince,
    examples: [...pod.examples.values()],
  };
}
