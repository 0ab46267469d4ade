/** The document of `sweep`: what the defect left behind, and what was done about it. */
import { removalStates } from '../../apply/sweep.ts';
import { tableKinds } from '../../facts/leftovers/table.ts';
import { commentText } from '../../text/escape.ts';
import { cell, duration } from '../../text/table.ts';
import { exitCodeOfSweep, isSwept, obstacleCodes } from '../../verdict/leftovers.ts';
import type { Block, Document, Finding } from '../document.ts';
import { ignored } from './node.ts';
import { advice, head, message, type Published, type Zod } from './shapes.ts';
import { headline } from './sweep-headline.ts';

export const sweepNoteCodes = [
  'kubelet-still-affected',
  'kubelet-not-known',
  'other-namespace',
  'ignored-processes',
  'pods-not-named',
  'pod-not-known',
  'other-kind',
  'abandoned',
  'not-cleared',
  'malformed-lines',
] as const;

const place = (z: Zod) => ({
  kubeletRoot: z.string(),
  podUid: z.string(),
  volume: z.string(),
  container: z.string(),
  mountPoint: z.string(),
});

const mount = (z: Zod) =>
  z.strictObject({
    ...place(z),
    index: z.int().describe('of the volumeMount in its container'),
    directory: z.string().describe('one of directories'),
    pod: z
      .strictObject({
        namespace: z.string(),
        name: z.string(),
        phase: z.string().describe('such as Running; empty if the cluster does not say'),
        deleting: z.boolean().describe('it has a deletionTimestamp'),
      })
      .nullable()
      .describe('null if the cluster could not be asked, or does not have it'),
    kubeletPid: z.int().describe('of the kubelet that made the mount'),
    fd: z.int(),
    mountedAt: z.iso.datetime().nullable().describe("the link's change time; null if it cannot be read"),
    ageSeconds: z.int().nullable(),
    stale: z.boolean().nullable().describe('whether the link has no target; null if it cannot be read'),
    stuck: z
      .boolean()
      .nullable()
      .describe('whether the pod can neither start nor be deleted; null if unknown'),
  });

const directory = (z: Zod) =>
  z.strictObject({
    path: z.string(),
    siblings: z.array(z.string()).describe('other mounts under it, which are removed too'),
    obstacle: message(z, obstacleCodes).nullable().describe('why it cannot be swept; null when it can'),
    commands: z.array(z.string()).optional().describe('with --dry-run: what --apply would run'),
    outcome: z
      .strictObject({ state: z.enum(removalStates), because: z.string().nullable() })
      .optional()
      .describe('with --apply'),
  });

export const published = (z: Zod) =>
  z.strictObject({
    ...head(z, 'sweep'),
    checkedAt: z.iso.datetime(),
    applied: z.boolean(),
    dryRun: z.boolean(),
    mountTable: z
      .enum(tableKinds)
      .describe(
        "own: kubelet's is this program's; kubelet: it is another; uncertain: it cannot be determined",
      ),
    ignored: z.array(ignored(z)).describe('processes that go by the name of a kubelet, and are not believed'),
    mounts: z.array(mount(z)),
    directories: z.array(directory(z)).describe('of containers: each is swept as a whole'),
    otherKinds: z
      .array(z.strictObject({ ...place(z), fsType: z.string() }))
      .describe('stale subPath mounts that this defect did not make; never touched'),
    abandoned: z.array(z.string()).describe('directories left by a sweep that was killed'),
    malformedLines: z.int().describe('of the mount table that could not be read'),
    podNames: z.string().nullable().describe('where the names of pods come from; null if nowhere'),
    notes: z.array(message(z, sweepNoteCodes)),
    advice: z.array(advice(z)),
  });

export type Sweep = Published<typeof published>;
export type SweepMount = Published<typeof mount>;
export type SweepDirectory = Published<typeof directory>;

const outcomes = { 0: 'good', 1: 'bad', 2: 'failed', 3: 'unknown', 4: 'failed' } as const;

/** @param node the name of the machine */
export function sweepDocument(sweep: Sweep, node: string | null): Document<Sweep, SweepDirectory | null> {
  const { mounts, directories, notes } = sweep;
  const exitCode = exitCodeOfSweep(sweep);
  const outcome = outcomes[exitCode];
  const table: Block = {
    kind: 'table',
    columns: ['POD', 'CONTAINER', 'VOLUME', 'AGE', 'LINK', 'POD STATE'],
    spare: ['VOLUME', 'AGE', 'LINK'],
    rows: mounts.map((each) => [
      cell(commentText(each.pod ? `${each.pod.namespace}/${each.pod.name}` : each.podUid), 60),
      cell(commentText(each.container), 30),
      cell(commentText(each.volume), 30),
      each.ageSeconds === null ? 'unknown' : duration(each.ageSeconds),
      each.stale === null ? 'unknown' : each.stale ? 'stale' : 'valid',
      podState(each),
    ]),
  };
  return {
    command: 'sweep',
    subject: { node },
    outcome,
    headline: headline(sweep),
    message: '',
    findings:
      directories.length > 0 ? directories.map(finding) : [{ ...nothing, outcome, message: headline(sweep) }],
    blocks: [...(mounts.length > 0 ? [table] : []), ...directories.map((each) => paragraph(each, sweep))],
    notes,
    next: sweep.advice,
    exitCode,
    published: sweep,
  };
}

const nothing = { id: 'leftovers', title: 'leftovers', state: 'none', details: [], data: null };

const finding = (data: SweepDirectory): Finding<SweepDirectory> => ({
  id: data.path,
  title: commentText(data.path),
  outcome: isSwept(data) ? 'good' : data.outcome ? 'failed' : 'bad',
  state: data.outcome?.state ?? 'left behind',
  message: outcomeText(data) ?? 'the defect left mounts behind',
  details: data.commands ?? [],
  data,
});

function paragraph(data: SweepDirectory, { mounts }: Sweep): Block {
  const outcome = outcomeText(data);
  return {
    kind: 'paragraph',
    title: commentText(data.path),
    lines: [
      ...mounts
        .filter((each) => each.directory === data.path)
        .map(
          ({ mountPoint, kubeletPid, fd }) =>
            `left behind: ${commentText(mountPoint)} (/proc/${kubeletPid}/fd/${fd})`,
        ),
      ...data.siblings.map((sibling) => `removed too: ${commentText(sibling)}`),
      ...(outcome === null ? [] : [outcome]),
      ...(data.commands ?? []).map((command) => `$ ${command}`),
    ],
  };
}

/** Whether the pod is stuck, and its state in the cluster. */
function podState({ pod, stuck }: SweepMount): string {
  const says = pod ? (pod.deleting ? 'Terminating' : pod.phase) : '';
  const held = stuck === null ? 'unknown' : stuck ? 'stuck' : 'not stuck';
  return says ? `${held} (${says})` : held;
}

const outcomeTexts: Record<(typeof removalStates)[number], string> = {
  removed: 'removed',
  gone: 'already gone',
  refused: 'not touched',
  failed: 'not removed',
  interrupted: 'interrupted, not removed',
};

/** What was done about a directory, or why nothing can be. */
function outcomeText({ outcome, obstacle }: SweepDirectory): string | null {
  if (!outcome) return obstacle === null ? null : `cannot be swept: ${commentText(obstacle.text)}`;
  return outcomeTexts[outcome.state] + (outcome.because === null ? '' : `: ${commentText(outcome.because)}`);
}
