/** `verify`: proves the fix on the node and on its cluster; with --rebuild it rebuilds first. */
import { advisory } from '../advisory/index.ts';
import { exitCodes, UserError } from '../errors.ts';
import type { Host } from '../host/host.ts';
import { verifyDocument } from '../report/documents/verify.ts';
import { printable, shellQuoted } from '../text/escape.ts';
import { type VerifyRequest, verifyCommands, verifyNode } from '../verify/run.ts';
import { type Context, hostFor, present } from './context.ts';
import { progressFor } from './progress.ts';
import { requestOf, type VerifyOptions } from './verify-options.ts';

/**
 * @returns 0 only if the fix is proven; 4 if the defect is still there or a step failed; else 3
 * @throws {UserError} if a rebuild is not possible; nothing was done
 */
export async function verify(context: Context, options: VerifyOptions): Promise<number> {
  const host = hostFor(context, options);
  const request = requestOf(options);
  await checkRebuild(host, request);
  if (options.dryRun) return showCommands(context, request);
  if (request.rebuild && request.rebuild.mode !== 'build' && !host.isRoot) {
    throw new UserError(
      `verify --rebuild ${request.rebuild.mode}: only root can switch; run it as root. Nothing was done`,
    );
  }
  const result = await verifyNode(host, request, advisory, context.signal, progressFor(context, options));
  const { version } = context;
  const verified = { ...result, version, advisory: advisory.id, node: host.hostname };
  return present(context, verifyDocument(verified), options);
}

async function checkRebuild(host: Host, { rebuild }: VerifyRequest): Promise<void> {
  if (!rebuild || (await host.findProgram('nixos-rebuild')) !== null) return;
  throw new UserError(
    `verify --rebuild ${rebuild.mode}: nixos-rebuild is not in PATH; rebuild by hand, then run verify without --rebuild. Nothing was done`,
  );
}

/** --dry-run: each command and object, in order, and nothing else. */
function showCommands({ host, stdout }: Context, request: VerifyRequest): number {
  for (const command of verifyCommands(request, host.cwd)) {
    stdout.write(`${printable(shellQuoted(command))}\n`);
    if (command.input !== undefined) stdout.write(`${printable(command.input)}\n`);
  }
  return exitCodes.good;
}
