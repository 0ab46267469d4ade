/** Declares the commands. Each is loaded only when it runs, to keep start-up fast. */
import { Command, CommanderError, Option } from 'commander';
import { choices } from './commands/choices.ts';
import type { Context } from './commands/context.ts';
import { strategyNames, wrappedAnswers } from './distributions/distribution.ts';
import { defaultDistribution, distributionNames, distributions } from './distributions/index.ts';
import { exitCodes } from './errors.ts';
import { formatNamesOf } from './report/formats/index.ts';
import { printable } from './text/escape.ts';
import { usageErrorText } from './text/message.ts';
import { rebuildModes, skippablePhases } from './verify/phase.ts';

/** Options that every command has. */
const shared = (command: Command): Command =>
  command
    .option('--json', 'the report as JSON, alone on standard output')
    .addOption(
      choice('--format <format>', 'format of the report', formatNamesOf(command.name())).default('human'),
    )
    .option('-q, --quiet', 'print only errors; the result is the exit code')
    .option('-v, --verbose', 'print each command that runs, and how long it took')
    .addOption(choice('--color <when>', 'use colors', ['auto', 'always', 'never']).default('auto'));

/** An option with a closed list of values. */
const choice = (flags: string, description: string, values: readonly string[]): Option =>
  new Option(flags, description).choices(values);

/** Collects the values of a repeatable option. */
const collect = (value: string, all: string[] = []): string[] => [...all, value];

/** Where a token is sent, and where it is from. */
const tokenHelp = (when: string): string =>
  `\n${when}, GitHub gets the token in GITHUB_TOKEN, or that of \`gh auth token\`, to raise its rate limit.`;

/** Options that select the system; the default is the machine this runs on. */
const system = (command: Command): Command =>
  command
    .option('--channel <name>', 'nixpkgs channel, its URL, or what nixos-version prints')
    .option('--util-linux <version>', 'version of util-linux, as `mount --version` prints it')
    .option('--nixpkgs <path>', "a checkout, an unpacked channel, or util-linux's package.nix")
    .option(
      '--flake-lock <file>',
      'use the nixpkgs pinned in this flake.lock, or in the one of this directory',
    )
    .option('--lock <file>', 'the same with sources.json of npins or niv')
    .option(
      '--input <name>',
      'with a lock file: the input that the system is built from, such as k0s-nix/nixpkgs',
    )
    .option('--rev <sha>', 'use nixpkgs at this commit; it can be abbreviated')
    .option('--node-root <dir>', 'inspect the system mounted or copied here instead of /')
    .option(
      '--raw-base-url <url>',
      'with --flake-lock, --lock or --rev: base URL of nixpkgs, before /<rev>/<path>; repeat for mirrors',
      collect,
    )
    .addHelpText('after', tokenHelp('With --flake-lock or --rev'));

/** Options that select the cluster. */
const cluster = (command: Command, what: string): Command =>
  command
    .option('--kubeconfig <file>', `${what} (default: KUBECONFIG, ~/.kube/config, or the distribution's own)`)
    .option('--context <name>', 'context in the kubeconfig');

/** Declares the arguments and options of a command. */
type Declare = (command: Command) => Command;

const status: Declare = (command) =>
  command
    .argument('[channel...]', 'default: the rolling channels and the last three releases')
    .option(
      '--base-url <url>',
      'base URL of channels, before /<channel>/git-revision; repeat for mirrors',
      collect,
    )
    .option('--raw-base-url <url>', 'base URL of nixpkgs, before /<rev>/<path>; repeat for mirrors', collect)
    .option('--offline', 'use only the cache and the built-in snapshot')
    .option('--no-cache', 'do not read or write the cache')
    .option('--timeout <seconds>', 'seconds for the whole command (default: 20)')
    .option('--since <file>', 'print only what changed since the report in this file, and update the file')
    .option('--fix [commit]', 'show whether each has this commit of util-linux (default: the fix)')
    .addHelpText('after', tokenHelp('Unless --offline'));

const roles = [...new Set(Object.values(distributions).flatMap((distribution) => distribution.roles))];

const generate: Declare = (command) =>
  system(command)
    .addOption(
      choice(
        '--distro <name>',
        `Kubernetes distribution (default: ${defaultDistribution})`,
        distributionNames,
      ),
    )
    .addOption(choice('--role <role>', 'role of the node; determines the unit', roles))
    .option('--unit <name>', 'systemd unit that runs kubelet')
    .addOption(
      choice(
        '--package-wrapped <answer>',
        "whether the package's wrapper puts its own util-linux first",
        wrappedAnswers,
      ),
    )
    .addOption(
      choices(
        '--strategy <name>',
        'how the fix reaches kubelet; repeat for wrapper with one for kubelet',
        strategyNames,
      ),
    )
    .option('--gate', "test the incoming system's mount before each switch")
    .option('-o, --out <dir>', 'directory to write the files to', '.')
    .option('--stdout', 'print the files instead of writing them')
    .option('--diff', 'show what would change, and write nothing')
    .option('-n, --dry-run', 'list what would be written, and write nothing')
    .option('--force', 'overwrite files that subpathfix did not write');

const probe: Declare = (command) =>
  command
    .option('--mount <path>', 'the mount to test (default: the one that kubelet uses)')
    .option('--env <name=value>', 'set a variable in its environment; repeatable', collect)
    .option('--pid <pid>', 'use the PATH and environment of this process');

const sweep: Declare = (command) =>
  cluster(command, 'kubeconfig to look up pod names')
    .option('--apply', 'remove them, one container directory at a time; needs root')
    .option('-n, --dry-run', 'print the commands that --apply would run')
    .option('--force', "remove them even while kubelet's mount still has the defect");

const verify: Declare = (command) =>
  cluster(command, 'kubeconfig of the cluster to test')
    .addOption(
      choice(
        '--rebuild <mode>',
        'run nixos-rebuild first, and test the new mount before switching',
        rebuildModes,
      ),
    )
    .option('--flake <ref>', 'with --rebuild: passed to nixos-rebuild --flake')
    .option('--file <file>', 'with --rebuild: passed to nixos-rebuild -f')
    .option('--restart', "with --rebuild: restart kubelet's unit after the switch")
    .option('--rollback', 'with --rebuild: return to the previous system if the defect is still there')
    .option('--namespace <name>', 'namespace for the pod (default: a new one, removed afterwards)')
    .option('--node <name>', 'node to run the pod on (default: the one that this runs on)')
    .option('--all-nodes', 'run a pod on every node')
    .option('--image <image>', 'image of the pod (default: a pause image that the node has)')
    .option('--content', 'also check what the containers read; needs an --image with a shell')
    .option('--timeout <seconds>', 'seconds to wait for kubelet, and for the pod (default: 60)')
    .option('--skip <phases>', `phases to skip: ${skippablePhases.join(',')}`)
    .option('-n, --dry-run', 'print each command and object, and run nothing');

/** A command; commander types its options. */
type Run = (context: Context, options: never) => Promise<number>;

const modules = {
  check: async () => (await import('./commands/check.ts')).check,
  status: async () => (await import('./commands/status.ts')).status,
  generate: async () => (await import('./commands/generate.ts')).generate,
  probe: async () => (await import('./commands/probe.ts')).probe,
  sweep: async () => (await import('./commands/sweep.ts')).sweep,
  verify: async () => (await import('./commands/verify.ts')).verify,
};

const commands: Record<string, [description: string, Declare, load: () => Promise<Run>]> = {
  check: ['check whether a system has the fix, and show the evidence', system, modules.check],
  status: ['show the state of channels, and what to do about each', status, modules.status],
  generate: [
    'write the fix: a Nix overlay and a NixOS module, or a systemd drop-in',
    generate,
    modules.generate,
  ],
  probe: ['test a mount for real, in private namespaces', probe, modules.probe],
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
      exitCode = await run(context, options as never);
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
