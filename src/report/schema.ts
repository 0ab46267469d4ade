/**
 * The shape of --json: published as schema/report.schema.json. Used when it is built and tested; the rest of
 * the program imports the types alone.
 */
import { z } from 'zod';

const factName = z.enum([
  'channel',
  'revision',
  'utilLinux',
  'libmount',
  'patches',
  'withPatches',
  'probe',
  'forceMount2',
]);

const verdict = z.strictObject({
  state: z.enum(['affected', 'fixed', 'not-affected', 'undetermined']),
  decidedBy: factName.nullable().describe('the fact that decided; null where none could'),
  because: z.string(),
  evidence: z.string().nullable().describe('where the deciding fact was read'),
  against: z.array(z.strictObject({ fact: factName, text: z.string() })),
  toSettle: z.array(z.string()).describe('what would settle it, or make it certain'),
});

const fact = z.discriminatedUnion('known', [
  z.strictObject({ known: z.literal(true), value: z.unknown(), evidence: z.string() }),
  z.strictObject({ known: z.literal(false), reason: z.string(), unreadable: z.literal(true).optional() }),
]);

const step = z.strictObject({ text: z.string(), commands: z.array(z.string()) });

const file = z.strictObject({
  path: z.string(),
  action: z.enum(['create', 'update', 'unchanged']),
  content: z.string().optional().describe('with --stdout'),
  diff: z.string().optional().describe('with --diff'),
});

const remedy = z.strictObject({
  strategy: z.enum(['path', 'env', 'package', 'wrapper', 'overlay', 'drop-in']),
  chosen: z.string().nullable().describe('why this strategy, where it was not asked for'),
  system: z.strictObject({
    distro: z.enum(['k0s', 'k3s', 'rke2', 'kubernetes']),
    role: z.string(),
    unit: z.string(),
    packageWrapped: z.enum(['yes', 'no', 'unknown']),
    assumed: z.array(z.string()),
  }),
  written: z.boolean().describe('false with --dry-run, --diff and --stdout'),
  files: z.array(file),
  steps: z.array(step),
  warnings: z.array(z.string()),
});

const probe = z.strictObject({
  mount: z.string(),
  steps: z.array(
    z.strictObject({
      name: z.enum(['scratch', 'control', 'file', 'directory']),
      exitCode: z.int(),
      seen: z.enum(['content', 'link', 'nothing']),
      words: z.string(),
    }),
  ),
});

export const reportSchema = z.strictObject({
  schemaVersion: z.literal(1),
  program: z.strictObject({ name: z.literal('subpathfix'), version: z.string() }),
  command: z.enum(['check', 'generate', 'probe']),
  advisory: z.string(),
  verdict,
  facts: z.record(factName, fact),
  notes: z.array(z.string()).describe('what is worth a word beside the verdict'),
  advice: z.array(z.string()),
  node: z
    .strictObject({
      os: fact,
      kubelet: fact,
      unit: fact,
      wrapped: fact,
      mount: fact,
      planned: fact,
      shellMount: fact,
      csiMount: fact,
      leftovers: fact,
    })
    .optional()
    .describe('what the machine says, where it was examined'),
  remedy: remedy.optional(),
  probe: probe.optional(),
});

export type Report = z.infer<typeof reportSchema>;
