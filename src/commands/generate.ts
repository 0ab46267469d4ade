/** `generate`: writes the fix, or says that none is needed. */
import path from 'node:path';
import { advisory } from '../advisory/index.ts';
import { applyChanges, changesOf, type FileChange } from '../apply/files.ts';
import type { StrategyName } from '../distributions/distribution.ts';
import { exitCodes } from '../errors.ts';
import type { Fact } from '../facts/fact.ts';
import { type Host, orNull } from '../host/host.ts';
import { plan, type RemedyRequest } from '../remedy/plan.ts';
import { earlierFiles, type Present, replacedFix } from '../remedy/replaced.ts';
import type { SystemRequest } from '../remedy/system.ts';
import { generatedLine, render } from '../render/render.ts';
import { generateDocument } from '../report/documents/generate.ts';
import type { Inspected } from '../report/documents/judged.ts';
import { permanentFix } from '../verdict/advice.ts';
import { isGood } from '../verdict/states.ts';
import { commandLine } from './command-line.ts';
import { type Context, hostFor, present } from './context.ts';
import { gather } from './gather.ts';
import { requested } from './requested.ts';
import type { SystemOptions } from './system-options.ts';

export interface GenerateOptions extends SystemOptions {
  strategy?: StrategyName[];
  gate?: true;
  out: string;
  stdout?: true;
  diff?: true;
  dryRun?: true;
  force?: true;
}

/** @returns the exit code: 0 when the files are written or not needed, 3 when that cannot be determined */
export async function generate(context: Context, options: GenerateOptions): Promise<number> {
  const found = await gather(context, options);
  const { request, reasons } = requested(found, options);
  const { verdict, drift } = found;
  // A fix that the next restart takes away is needed as much as one that is missing.
  const lost = drift?.state === 'lost-at-restart' ? drift.because : null;
  const wrapped = wrapperAlone(found, options);
  if (verdict.state !== 'affected' && lost === null && wrapped === null)
    return present(context, generateDocument(found), options);

  if (reasons.length > 0)
    found.notes.push({ code: 'found-on-node', text: `found on this node: ${reasons.join('; ')}` });
  request.withPatches = isTrue(found.facts.withPatches);
  request.source = { flake: builtFrom(found, options), host: found.hostname };
  request.permanentFix = permanentFix(found.facts, advisory);
  request.kubeletIsGood = isGood(verdict.state) && lost === null;
  const { out, stdout, diff, dryRun, force = false } = options;
  const why = lost ?? wrapped ?? verdict.because;
  const { files: planned, ...fix } = plan(requestOf(context, options, request, why), advisory);
  const files = planned.map(render);
  if (stdout && !options.json && options.format === 'human') {
    context.stdout.write(files.map(({ path, content }) => `# ---- ${path}\n${content}`).join('\n'));
    return exitCodes.good;
  }
  const host = hostFor(context, options);
  const changes = await changesOf(host, out, files, { begins: generatedLine, force });
  fix.warnings.push(...replacedFix({ ...fix, files: planned }, await presentIn(host, out, changes)));
  const written = !(dryRun || diff || stdout);
  if (written) await applyChanges(host, changes);
  const described = changes.map(async (change) => ({
    path: change.file,
    action: change.action,
    content: stdout && change.content,
    diff: diff && (await patch(change)),
  }));
  const made = { ...fix, written, files: await Promise.all(described) };
  return present(context, generateDocument(found, made), options);
}

const requestOf = (
  { version, argv }: Context,
  options: GenerateOptions,
  request: SystemRequest,
  why: string,
): RemedyRequest => ({
  ...request,
  strategies: options.strategy ?? request.strategies,
  gate: options.gate ?? false,
  header: { version, command: commandLine(argv), why },
  out: options.out,
});

/** Why a fix of /run/wrappers/bin/mount alone is needed, whatever kubelet's own mount is; null if it is not. */
function wrapperAlone({ notes }: Inspected, { strategy = [] }: GenerateOptions): string | null {
  if (strategy.some((name) => name !== 'wrapper') || strategy.length === 0) return null;
  return notes.find(({ code }) => code === 'csi-mount')?.text ?? null;
}

/** Whether a flake: by the lock file, else by the version that NixOS gives such a system, which has a date. */
function builtFrom({ facts: { channel } }: Inspected, { flakeLock, lock }: GenerateOptions): boolean | null {
  if (flakeLock !== undefined || lock !== undefined) return flakeLock !== undefined;
  return channel.known && channel.value.date !== undefined ? true : null;
}

const isTrue = (fact: Fact<boolean>): boolean => fact.known && fact.value;

/** What was in the directory: the files that are written, and others that an earlier fix can have left. */
async function presentIn(host: Host, out: string, changes: readonly FileChange[]): Promise<Present> {
  const before = changes.map(({ path: name, before: text }) => [name, text] as const);
  const others = earlierFiles.filter((name) => !changes.some((change) => change.path === name));
  const found = others.map(async (name) => {
    const reading = host.readText(path.join(out, name), 1_000_000);
    // It is only mentioned, so whatever it is, it is no obstacle.
    return [name, await orNull(reading)] as const;
  });
  return Object.fromEntries([...before, ...(await Promise.all(found))]);
}

async function patch({ file, before, content }: FileChange): Promise<string> {
  if (before === content) return '';
  const { createTwoFilesPatch } = await import('diff');
  return createTwoFilesPatch(before === null ? '/dev/null' : file, file, before ?? '', content);
}
