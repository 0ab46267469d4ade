/** `verify`: proves the fix on the node and on its cluster; with --rebuild it rebuilds first. */
import { advisory } from '../advisory/index.ts';
import { exitCodes, UserError } from '../errors.ts';
import type { Host } from '../host/host.ts';
import { missingText } from '../host/missing.ts';
import { verifyDocument } from '../report/documents/verify.ts';
import { planDocument } from '../report/documents/verify-plan.ts';
import { printable, shellQuoted } from '../text/escape.ts';
import { verifyCommands } from '../verify/dry-run.ts';
import { leadingOn } from '../verify/next.ts';
import { armedRollback } from '../verify/rollback.ts';
import { type VerifyRequest, type VerifyResult, verifyNode } from '../verify/run.ts';
import { readSystems, runningSpecialisation, runningSystem } from '../verify/systems.ts';
import { unsaidFiles } from '../verify/unsaid.ts';
import { commandLine } from './command-line.ts';
import { type Context, checkKubeconfig, hostFor, present } from './context.ts';
import { progressFor, showsPhases } from './progress.ts';
import { requestOf, type VerifyOptions } from './verify-options.ts';

/**
 * @returns 0 only if the fix is proven; 4 if the defect is still there or a step failed; else 3
 * @throws {UserError} if a rebuild is not possible; nothing was done
 */
export async function verify(context: Context, options: VerifyOptions): Promise<number> {
  const host = hostFor(context, options);
  const request = requestOf(options);
  await checkKubeconfig(host, options);
  await checkRebuild(host, request, options.dryRun === true);
  if (options.dryRun) return showCommands(context, host, request, options);
  if (!options.quiet && !options.json) await nameUnsaid(context, host);
  const result = await verifyNode(host, request, advisory, context.signal, progressFor(context, options));
  const { version } = context;
  const advice = leadingOn(result, againAs(context, options, result));
  const verified = { ...result, advice, version, advisory: advisory.id, node: host.hostname };
  return present(context, verifyDocument(verified, showsPhases(context, options)), options);
}

/** The command to run again: by the same user where nothing but the cluster is asked, for whom results are kept. */
function againAs(
  { host, argv }: Context,
  { allNodes, resume }: VerifyOptions,
  { smoke }: VerifyResult,
): string {
  const isKept = smoke?.nodes.some(({ state }) => state === 'fixed' || state === 'affected') ?? false;
  const more = allNodes && !resume && isKept ? ' --resume' : '';
  return `${allNodes && !host.isRoot ? '' : 'sudo '}${commandLine(argv)}${more}`;
}

/** @throws {UserError} if the rebuild is not possible, or must not be done now */
async function checkRebuild(host: Host, { rebuild }: VerifyRequest, isDryRun: boolean): Promise<void> {
  if (!rebuild) return;
  const { mode } = rebuild;
  const refuse = (why: string): never => {
    throw new UserError(`verify --rebuild ${mode}: ${why}. Nothing was done`);
  };
  const program = await host.findTool('nixos-rebuild');
  if (program.file === null) {
    refuse(`${missingText('nixos-rebuild', program)}; rebuild by hand, then run verify without --rebuild`);
  }
  if (mode === 'build') return;
  if (!isDryRun && !host.isRoot) refuse('only root can switch; run it as root');
  const systems = await readSystems(host);
  if (!isDryRun && systems.running === null) {
    refuse(`this is not a running NixOS: there is no ${runningSystem}`);
  }
  const name = await runningSpecialisation(host, systems);
  if (name !== null) {
    refuse(
      `this node runs the specialisation ${name}, and its parent would be activated; run nixos-rebuild ${mode} --specialisation ${name}, then verify without --rebuild`,
    );
  }
  const armed = await armedRollback(host);
  if (armed !== null) refuse(armed);
}

/** What earlier runs could not say. */
async function nameUnsaid({ stderr }: Context, host: Host): Promise<void> {
  for (const file of await unsaidFiles(host)) {
    stderr.write(`an earlier run could not finish its report; read it, then remove it: ${printable(file)}\n`);
  }
}

/** --dry-run: each command and object, in order, and nothing else. */
async function showCommands(
  context: Context,
  host: Host,
  request: VerifyRequest,
  options: VerifyOptions,
): Promise<number> {
  const { stdout, version } = context;
  const commands = await verifyCommands(host, request);
  if (options.json || options.quiet || (options.format ?? 'human') !== 'human') {
    const plan = { commands, version, advisory: advisory.id, node: host.hostname };
    return present(context, planDocument(plan), options);
  }
  for (const command of commands) {
    stdout.write(`${printable(shellQuoted(command))}\n`);
    if (command.input !== undefined) stdout.write(`${printable(command.input)}\n`);
  }
  return exitCodes.good;
}
