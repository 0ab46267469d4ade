/** The shape of `verify --json`: published as schema/verify.schema.json. */
import { z } from 'zod';

const phase = z.strictObject({
  name: z.string(),
  title: z.string(),
  state: z.enum(['passed', 'affected', 'undetermined', 'failed', 'left out']),
  because: z.string(),
  details: z.array(z.string()).optional(),
  milliseconds: z.int(),
});

const container = z.strictObject({
  name: z.string(),
  case: z.string(),
  state: z.enum(['running', 'defect', 'other-failure', 'unknown']),
  message: z.string(),
  signature: z.string().optional(),
});

export const verifySchema = z.strictObject({
  schemaVersion: z.literal(1),
  program: z.strictObject({ name: z.literal('subpathfix'), version: z.string() }),
  command: z.literal('verify'),
  advisory: z.string(),
  outcome: z.strictObject({
    state: z.enum(['proven', 'affected', 'failed', 'undetermined']),
    because: z.string(),
  }),
  phases: z.array(phase),
  undone: z.array(phase).describe('what a rollback did'),
  smoke: z
    .strictObject({
      state: z.enum(['fixed', 'affected', 'undetermined']),
      because: z.string(),
      nodes: z.array(
        z.strictObject({
          node: z.string().nullable(),
          state: z.enum(['fixed', 'affected', 'undetermined']),
          because: z.string(),
          containers: z.array(container),
        }),
      ),
      removed: z.boolean(),
      left: z.array(z.string()),
      scheduledMs: z.number().optional(),
      decidedMs: z.number().optional(),
    })
    .optional(),
  advice: z.array(z.string()),
});

export type Verified = z.infer<typeof verifySchema>;
