/** `generate`: writes the cure, or says that nothing is needed. */
import { advisory } from '../advisory/index.ts';
import { type Change, changes, write } from '../apply/write.ts';
import type { Distro, Wrapped } from '../remedy/distros.ts';
import { requestFromNode } from '../remedy/from-node.ts';
import { plan } from '../remedy/plan.ts';
import type { Remedy, StrategyName } from '../remedy/remedy.ts';
import { ourFirstLine, render } from '../render/render.ts';
import { exitCodes } from '../report/exit.ts';
import { exitCodeOf, type Report, reportOf } from '../report/report.ts';
import { shellQuoted } from '../text/escape.ts';
import { judge } from '../verdict/judge.ts';
import { type Context, present, type SharedOptions } from './context.ts';
import { gather, type SystemOptions } from './gather.ts';

export interface GenerateOptions extends SystemOptions, SharedOptions {
  distro?: Distro;
  role?: string;
  unit?: string;
  packageWrapped?: Wrapped;
  strategy?: StrategyName;
  gate?: true;
  out: string;
  stdout?: true;
  diff?: true;
  dryRun?: true;
  force?: true;
}

/** @returns the exit code: 0 when the files are there or are not needed, 3 when that could not be told */
export async function generate(context: Context, options: GenerateOptions): Promise<number> {
  const { facts, examination, notes } = await gather(context, options);
  const verdict = judge(facts, advisory);
  const found = examination ? requestFromNode(examination.node) : { request: {}, reasons: [] };
  const finding = {
    command: 'generate',
    version: context.version,
    verdict,
    facts,
    advisory,
    notes: [...notes, ...(found.reasons.length > 0 ? [`this node: ${found.reasons.join('; ')}`] : [])],
    ...(examination ? { node: examination.node } : {}),
  } as const;
  if (verdict.state !== 'affected') {
    await present(context, reportOf(finding), options);
    return exitCodeOf(verdict);
  }
  const { distro, role, unit, packageWrapped, strategy } = options;
  const remedy = plan(
    {
      // What is said comes before what the node tells.
      ...found.request,
      ...(distro ? { distro } : {}),
      ...(role === undefined ? {} : { role }),
      ...(unit === undefined ? {} : { unit }),
      ...(packageWrapped ? { packageWrapped } : {}),
      ...(strategy ? { strategy } : {}),
      gate: options.gate === true,
      header: { version: context.version, command: commandLine(context), why: verdict.because },
      out: options.out,
    },
    advisory,
  );
  const files = remedy.files.map(render);
  if (options.stdout && !options.json && options.format === 'human') {
    context.stdout(files.map(({ path, content }) => `# ---- ${path}\n${content}`).join('\n'));
    return exitCodes.good;
  }
  const planned = await changes(options.out, files, { ours: ourFirstLine, force: options.force === true });
  const written = !(options.dryRun || options.diff || options.stdout);
  if (written) await write(planned);
  await present(
    context,
    reportOf({ ...finding, remedy: await described(remedy, planned, written, options) }),
    options,
  );
  return exitCodes.good;
}

/** The remedy as it is reported. */
async function described(
  { strategy, chosen, system, steps, warnings }: Remedy,
  planned: Change[],
  written: boolean,
  options: GenerateOptions,
): Promise<NonNullable<Report['remedy']>> {
  const files = await Promise.all(
    planned.map(async (change) => ({
      path: change.file,
      action: change.action,
      ...(options.stdout ? { content: change.content } : {}),
      ...(options.diff ? { diff: await patch(change) } : {}),
    })),
  );
  return { strategy, chosen, system, written, files, steps, warnings };
}

async function patch({ file, before, content }: Change): Promise<string> {
  if (before === content) return '';
  const { createTwoFilesPatch } = await import('diff');
  return createTwoFilesPatch(before === null ? '/dev/null' : file, file, before ?? '', content);
}

/** The command that makes the same files again: without what only says how to show them. */
function commandLine({ argv }: Context): string {
  const shown = /^(--json|--quiet|-q|--verbose|-v|--dry-run|--diff|--stdout|--force|--(color|format)=.*)$/;
  const args: string[] = [];
  for (let index = 0; index < argv.length; index += 1) {
    const arg = argv[index] ?? '';
    if (arg === '--color' || arg === '--format') index += 1;
    else if (!shown.test(arg)) args.push(arg);
  }
  return shellQuoted({ file: 'subpathfix', args });
}
