/** Declares the commands. Each is loaded only when it runs, to keep start-up fast. */
import { Argument, Command, CommanderError, Help } from 'commander';
import type { Context } from './commands/context.ts';
import { type Declare, declarations, shared } from './commands/declarations.ts';
import { examples, firstExamples } from './commands/examples.ts';
import { isAboutHosts } from './commands/hosts-options.ts';
import { exitCodes } from './errors.ts';
import { type CommandName, calledAs, commandNames, inForm } from './text/called-as.ts';
import { printable } from './text/escape.ts';
import { usageErrorText } from './text/message.ts';

/** A command; commander types its options. */
type Action = (context: Context, options: never) => Promise<number>;

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

const commands: Record<
  Exclude<CommandName, 'completion' | 'help'>,
  [description: string, Declare, load: () => Promise<Action>]
> = {
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

/** The text above the options: what it does, and examples. */
function described(command: Command, summary: string, shown: typeof firstExamples): Command {
  const lines = shown.flatMap(({ text, command: line }) => [`  # ${text}`, `  ${line}`]);
  return command.summary(summary).description(`${summary}\n\nExamples:\n${lines.join('\n')}`);
}

/** Folds text at a width, but no line that is to be pasted: those are indented. */
function folded(this: Help, text: string, width: number): string {
  const fold = (line: string): string => Help.prototype.boxWrap.call(this, line, width);
  const lines = text.split('\n').map((line) => (line.startsWith('  ') ? line : fold(line)));
  return lines.join('\n');
}

type Run = (name: CommandName, command: Command) => Promise<void>;

/**
 * The program with its commands.
 * @param isWanted whether a command gets its options: only one that runs needs them, and declaring them takes time
 */
export function declareProgram(
  version: string,
  isWanted: (name: CommandName) => boolean,
  run?: Run,
): Command {
  const program = new Command('subpathfix')
    .version(version, '-V, --version')
    .helpCommand(false)
    .configureHelp({ boxWrap: folded });
  described(
    program,
    'Finds the util-linux 2.41 defect that breaks Kubernetes subPath mounts, and fixes it.',
    firstExamples,
  ).addHelpText('after', exits);
  const add = (name: CommandName, summary: string, declare: Declare): void => {
    const command = program.command(name).summary(summary).allowExcessArguments(false);
    if (!isWanted(name)) return;
    declare(described(command, summary, examples[name])).action(() => run?.(name, command));
  };
  for (const [name, [summary, declare]] of Object.entries(commands)) {
    add(name as CommandName, summary, (command) => shared(declare(command)));
  }
  add('completion', 'print the completions of a shell', declarations.completion);
  add('help', 'show the help of the program, or of a command', (command) =>
    command.addArgument(new Argument('[command]', 'a command').choices(commandNames)),
  );
  return program;
}

/** Runs a command line. @returns its exit code */
export async function runCommandLine(context: Context): Promise<number> {
  let exitCode: number = exitCodes.usage;
  const { version, argv, stdout, stderr } = context;
  const form = calledAs(context.host.env);
  const program = declareProgram(
    version,
    (name) => argv.includes(name),
    async (name, command) => {
      exitCode = await run(name, command);
    },
  );
  const run = async (name: CommandName, command: Command): Promise<number> => {
    const [first = ''] = command.args;
    if (name === 'help') return (program.commands.find((each) => each.name() === first) ?? program).help();
    if (name === 'completion') {
      const { completion } = await import('./commands/completion/completion.ts');
      return completion(
        context,
        first,
        declareProgram(version, () => true),
      );
    }
    const [, , load] = commands[name];
    const options: object = { ...command.opts(), names: command.args };
    const act = await load();
    return isAboutHosts(name, options)
      ? (await import('./commands/many.ts')).many(context, name, act, options)
      : act(context, options as never);
  };
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({
      writeOut: (text) => stdout.write(inForm(text, form)),
      writeErr: (text) => stderr.write(printable(text)),
      outputError: (text, write) => write(usageErrorText(text)),
    });
  }
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // commander has already printed the message; its own exit code, 1, would mean affected here.
    return error.exitCode === 0 ? exitCodes.good : exitCodes.usage;
  }
  return exitCode;
}
