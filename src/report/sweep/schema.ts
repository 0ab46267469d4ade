/**
 * The shape of `sweep --json`: published as schema/sweep.schema.json. Used when it is built and tested; the rest
 * of the program imports the types alone.
 */
import { z } from 'zod';

const place = {
  kubeletRoot: z.string(),
  podUid: z.string(),
  volume: z.string(),
  container: z.string(),
  mountPoint: z.string(),
};

const pod = z.strictObject({
  namespace: z.string(),
  name: z.string(),
  phase: z.string().describe('such as Running; empty where the cluster does not say'),
  deleting: z.boolean().describe('it has a deletionTimestamp'),
});

const mount = z.strictObject({
  ...place,
  index: z.int().describe('of the volumeMount in its container'),
  directory: z.string().describe('one of directories'),
  pod: pod.nullable().describe('null where the cluster could not be asked, or does not have it'),
  kubeletPid: z.int().describe('of the kubelet that made the mount'),
  fd: z.int(),
  mountedAt: z.iso.datetime().nullable().describe("the link's change time; null where it cannot be read"),
  ageSeconds: z.int().nullable(),
  dangling: z.boolean().nullable().describe('whether the link leads nowhere; null where it cannot be read'),
  stuck: z
    .boolean()
    .nullable()
    .describe('whether the pod neither starts nor goes; null where it cannot be told'),
});

const directory = z.strictObject({
  path: z.string(),
  siblings: z.array(z.string()).describe('other mounts under it, which go too'),
  obstacle: z.string().nullable().describe('why it cannot be cleaned; null when it can'),
  commands: z.array(z.string()).optional().describe('with --dry-run: what --apply would run'),
  outcome: z
    .strictObject({
      state: z.enum(['removed', 'gone', 'refused', 'failed', 'interrupted']),
      because: z.string().nullable(),
    })
    .optional()
    .describe('with --apply'),
});

export const sweepSchema = z.strictObject({
  schemaVersion: z.literal(1),
  program: z.strictObject({ name: z.literal('subpathfix'), version: z.string() }),
  command: z.literal('sweep'),
  checkedAt: z.iso.datetime(),
  applied: z.boolean(),
  dryRun: z.boolean(),
  mounts: z.array(mount),
  directories: z.array(directory).describe('of containers: each is cleaned at once'),
  otherKinds: z
    .array(z.strictObject({ ...place, fsType: z.string() }))
    .describe('mounts for a subPath that dangle for another reason than this defect; never touched'),
  abandoned: z.array(z.string()).describe('directories of a sweep that was killed'),
  malformedLines: z.int().describe('of the mount table, that could not be read'),
  podNames: z
    .strictObject({ from: z.string().nullable(), because: z.string().nullable() })
    .describe('who was asked for the names of pods; because: why nobody could be'),
  notes: z.array(z.string()),
});

export type Sweep = z.infer<typeof sweepSchema>;
export type SweepMount = Sweep['mounts'][number];
export type SweepDirectory = Sweep['directories'][number];
