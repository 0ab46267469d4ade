/** The document of `generate`: the files of the fix and what to do with them, or that nothing is needed. */
import { type FileChange, fileActions } from '../../apply/files.ts';
import { strategyNames, wrappedAnswers } from '../../distributions/distribution.ts';
import { distributionNames } from '../../distributions/index.ts';
import { exitCodes } from '../../errors.ts';
import { warningCodes } from '../../remedy/warnings.ts';
import { unproven } from '../../verdict/confirmation.ts';
import { isGood } from '../../verdict/states.ts';
import { type Block, type Document, list } from '../document.ts';
import { confirm, type Inspected, inspectedDocument, publishedInspected } from './judged.ts';
import { message, type Published, type Zod } from './shapes.ts';

const remedy = (z: Zod) =>
  z.strictObject({
    strategy: z.enum(strategyNames),
    strategies: z.array(z.enum(strategyNames)).describe('with one that goes together with another'),
    chosen: z.string().nullable().describe('why this strategy; null if it was requested'),
    system: z.strictObject({
      distribution: z.enum(distributionNames),
      role: z.string(),
      unit: z.string(),
      packageWrapped: z.enum(wrappedAnswers),
      assumed: z.array(z.string()),
    }),
    written: z.boolean().describe('false with --dry-run, --diff and --stdout'),
    files: z.array(
      z.strictObject({
        path: z.string(),
        action: z.enum(fileActions),
        content: z.string().optional().describe('with --stdout'),
        diff: z.string().optional().describe('with --diff'),
      }),
    ),
    steps: z.array(z.strictObject({ text: z.string(), commands: z.array(z.string()) })),
    warnings: z.array(message(z, warningCodes)),
  });

export const published = (z: Zod) =>
  z.strictObject({
    ...publishedInspected(z, 'generate'),
    remedy: remedy(z).optional().describe('if a fix is needed'),
  });

export type GeneratedRemedy = Published<typeof remedy>;

/** @param made if a fix is needed */
export function generateDocument(
  generated: Inspected,
  made?: GeneratedRemedy,
): Document<Published<typeof published>> {
  const { verdict, notes, facts, advisory } = generated;
  const nothing = isGood(verdict.state) ? '; no fix is needed, so nothing was written' : '';
  const shown = made
    ? {
        exitCode: exitCodes.good,
        notes: [...notes, ...made.warnings],
        blocks: [...list('assumed', made.system.assumed), ...remedyBlocks(made)],
        // That is for check to show: here it is about the fix.
        showsChain: false,
      }
    : {
        message: verdict.because + nothing,
        blocks: confirm(generated),
        next: unproven(verdict, facts, advisory),
      };
  return inspectedDocument('generate', generated, { remedy: made }, shown);
}

const done: Record<FileChange['action'], string> = {
  create: 'wrote',
  update: 'updated',
  unchanged: 'unchanged',
};
const planned: typeof done = { create: 'would write', update: 'would update', unchanged: 'unchanged' };

function remedyBlocks({ system, strategies, chosen, files, written, steps }: GeneratedRemedy): Block[] {
  const why = chosen === null ? '' : ` (${chosen})`;
  const actions = written ? done : planned;
  const diff = files.flatMap((file) => (file.diff ? file.diff.trimEnd().split('\n') : []));
  return [
    ...(diff.length > 0 ? [{ kind: 'verbatim', title: 'Diff', lines: diff } as const] : []),
    {
      kind: 'paragraph',
      title: `fix: strategy ${strategies.join(' and ')}${why}, unit ${system.unit} of ${system.distribution}`,
      lines: [...files.map(({ path, action }) => `${actions[action]} ${path}`)],
      steps,
    },
  ];
}
