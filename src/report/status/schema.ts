/**
 * The shape of `status --json`: published as schema/status.schema.json. Used when it is built and tested, and
 * to read the file of --since; the rest of the program imports the types alone.
 */
import { z } from 'zod';

const time = z.iso.datetime();

const patch = z.strictObject({
  name: z.string(),
  url: z.string().optional(),
  applies: z.boolean().nullable().describe('on NixOS; null where its condition is not understood'),
});

const channel = z.strictObject({
  name: z.string(),
  revision: z
    .string()
    .regex(/^[0-9a-f]{40}$/)
    .nullable(),
  date: time.nullable().describe('when the channel got the revision; null where the server does not say'),
  utilLinux: z.string().nullable().describe('the version, or a range such as >=2.41.1 from the snapshot'),
  patches: z.array(patch).nullable().describe('those that go by a name of the fix'),
  withPatches: z.boolean().nullable(),
  state: z.enum(['affected', 'fixed', 'not-affected', 'undetermined', 'unreachable']),
  summary: z.enum([
    'already fixed',
    'fixed by patch',
    'not affected',
    'affected',
    'undetermined',
    'unreachable',
  ]),
  because: z.string(),
  advice: z.array(z.string()),
  from: z.enum(['network', 'cache', 'snapshot', 'nowhere']),
  asOf: z.union([time, z.iso.date()]).nullable().describe('from when this is'),
  source: z.string().nullable().describe('where it was read'),
  fix: z
    .strictObject({
      contained: z.boolean().nullable().describe('null where it cannot be told'),
      because: z.string(),
    })
    .optional()
    .describe('with --fix'),
});

const brief = z.strictObject({ summary: z.string(), utilLinux: z.string().nullable() });

export const statusSchema = z.strictObject({
  schemaVersion: z.literal(1),
  program: z.strictObject({ name: z.literal('subpathfix'), version: z.string() }),
  command: z.literal('status'),
  advisory: z.string(),
  checkedAt: time,
  offline: z.boolean(),
  fix: z.string().optional().describe('the commit of --fix'),
  channels: z.array(channel),
  changes: z
    .array(z.strictObject({ channel: z.string(), before: brief.nullable(), now: brief, what: z.string() }))
    .optional()
    .describe('with --since: the channels of which there is news'),
});

export type Status = z.infer<typeof statusSchema>;
export type ChannelStatus = Status['channels'][number];
