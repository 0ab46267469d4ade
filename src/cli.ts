/** Declares the commands. Each is loaded only when it runs, to keep start-up fast. */
import { Command, CommanderError } from 'commander';
import type { Context } from './commands/context.ts';
import { type Declare, declarations, shared } from './commands/declarations.ts';
import { isAboutHosts } from './commands/hosts-options.ts';
import { exitCodes } from './errors.ts';
import { printable } from './text/escape.ts';
import { usageErrorText } from './text/message.ts';

/** A command; commander types its options. */
type Run = (context: Context, options: never) => Promise<number>;

const modules = {
  check: async () => (await import('./commands/check.ts')).check,
  status: async () => (await import('./commands/status.ts')).status,
  generate: async () => (await import('./commands/generate.ts')).generate,
  probe: async () => (await import('./commands/probe.ts')).probe,
  diagnose: async () => (await import('./commands/diagnose.ts')).diagnose,
  audit: async () => (await import('./commands/audit.ts')).audit,
  sweep: async () => (await import('./commands/sweep.ts')).sweep,
  verify: async () => (await import('./commands/verify.ts')).verify,
};

const { check, status, generate, probe, diagnose, audit, sweep, verify } = declarations;

const commands: Record<string, [description: string, Declare, load: () => Promise<Run>]> = {
  check: ['check whether a system has the fix, and show the evidence', check, modules.check],
  status: ['show the state of channels, and what to do about each', status, modules.status],
  generate: [
    'write the fix: a Nix overlay and a NixOS module, or a systemd drop-in',
    generate,
    modules.generate,
  ],
  probe: ['test a mount for real, in private namespaces', probe, modules.probe],
  diagnose: ["find the defect's messages in logs, the journal or the cluster", diagnose, modules.diagnose],
  audit: ['find what a NixOS configuration has because of the defect, and can go', audit, modules.audit],
  sweep: ['list or remove the mounts that the defect left behind', sweep, modules.sweep],
  verify: [
    'prove the fix: kubelet, its mount, a pod with subPaths; can rebuild first',
    verify,
    modules.verify,
  ],
};

const exits = `
Exit codes: 0 fixed, not affected, or done; 1 affected; 2 usage error; 3 undetermined; 4 a fix failed.`;

/** Runs a command line. @returns its exit code */
export async function runCommandLine(context: Context): Promise<number> {
  let exitCode: number = exitCodes.usage;
  const program = new Command('subpathfix')
    .description('Finds the util-linux 2.41 defect that breaks Kubernetes subPath mounts, and fixes it.')
    .version(context.version, '-V, --version')
    .helpCommand(false)
    .addHelpText('after', exits)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(printable(text)),
      outputError: (text, write) => write(usageErrorText(text)),
    });
  for (const [name, [description, declare, load]] of Object.entries(commands)) {
    const command = program.command(name).description(description).allowExcessArguments(false);
    // Only the command that runs needs its options: declaring them takes time.
    if (!context.argv.includes(name)) continue;
    declare(shared(command)).action(async () => {
      const run = await load();
      const options: object = { ...command.opts(), names: command.args };
      exitCode = await (isAboutHosts(name, options)
        ? (await import('./commands/many.ts')).many(context, name, run, options)
        : run(context, options as never));
    });
  }
  try {
    await program.parseAsync(context.argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // commander has already printed the message; its own exit code, 1, would mean affected here.
    return error.exitCode === 0 ? exitCodes.good : exitCodes.usage;
  }
  return exitCode;
}
