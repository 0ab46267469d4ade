/** Declares the commands. Each is loaded when it is run, so that none pays for another at start-up. */
import { Command, CommanderError, Option } from 'commander';
import type { Context } from './commands/context.ts';
import { strategyNames, wrappedAnswers } from './distributions/distribution.ts';
import { distributionNames, distributions, usualDistribution } from './distributions/index.ts';
import { exitCodes } from './errors.ts';
import { formatNamesOf } from './report/formats/index.ts';
import { rebuildModes, skippablePhases } from './verify/phase.ts';

/** Options that every command has. */
const shared = (command: Command): Command =>
  command
    .option('--json', 'the report as JSON, alone on standard output')
    .addOption(
      choice('--format <format>', 'format of the report', formatNamesOf(command.name())).default('human'),
    )
    .option('-q, --quiet', 'print errors only; the exit code tells')
    .option('-v, --verbose', 'print each command that is run, with its time')
    .addOption(choice('--color <when>', 'use colors', ['auto', 'always', 'never']).default('auto'));

/** An option with a closed list of values. */
const choice = (flags: string, description: string, values: readonly string[]): Option =>
  new Option(flags, description).choices(values);

/** For an option that can be given again: all its values count. */
const collect = (value: string, all: string[] = []): string[] => [...all, value];

/** Options that say which system is meant; without any of them it is the machine that this runs on. */
const system = (command: Command): Command =>
  command
    .option('--channel <name>', 'nixpkgs channel, such as nixos-25.05')
    .option('--util-linux <version>', "the system's util-linux, as `mount --version` prints it")
    .option('--nixpkgs <path>', 'a checkout, an unpacked channel, or the package.nix of util-linux')
    .option('--flake-lock <file>', 'the nixpkgs that this lock file pins')
    .option('--rev <sha>', 'nixpkgs at this commit')
    .option('--node-root <dir>', 'inspect the system mounted or copied here instead of /')
    .option(
      '--raw-base-url <url>',
      'with --flake-lock and --rev: where nixpkgs is, followed by /<rev>/<path>; repeat for mirrors',
      collect,
    );

/** Options that say which cluster is meant. */
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
      'where channels are, followed by /<channel>/git-revision; repeat for mirrors',
      collect,
    )
    .option(
      '--raw-base-url <url>',
      'where nixpkgs is, followed by /<rev>/<path>; repeat for mirrors',
      collect,
    )
    .option('--offline', 'answer from the cache and the built-in snapshot')
    .option('--no-cache', 'neither use nor write the cache')
    .option('--timeout <seconds>', 'for the whole command (default: 20)')
    .option('--since <file>', 'print only what changed since the report in this file, and update the file')
    .option('--fix [commit]', 'say whether each has this commit of util-linux (default: the fix)');

const roles = [...new Set(Object.values(distributions).flatMap((distribution) => distribution.roles))];

const generate: Declare = (command) =>
  system(command)
    .addOption(
      choice('--distro <name>', `Kubernetes distribution (default: ${usualDistribution})`, distributionNames),
    )
    .addOption(choice('--role <role>', 'role of the node; decides the unit', roles))
    .option('--unit <name>', 'systemd unit that runs kubelet')
    .addOption(
      choice(
        '--package-wrapped <answer>',
        'whether the package puts its own util-linux first',
        wrappedAnswers,
      ),
    )
    .addOption(choice('--strategy <name>', 'how the fix reaches kubelet', strategyNames))
    .option('--gate', "test the incoming system's mount before each switch")
    .option('-o, --out <dir>', 'write the files here', '.')
    .option('--stdout', 'print the files instead of writing them')
    .option('--diff', 'show what would change, and write nothing')
    .option('-n, --dry-run', 'say what would be written, and write nothing')
    .option('--force', 'overwrite files that subpathfix did not write');

const probe: Declare = (command) =>
  command
    .option('--mount <path>', 'the mount to test (default: the first in PATH)')
    .option('--env <name=value>', 'add to its environment; can be repeated', collect)
    .option('--pid <pid>', 'with the PATH and environment of this process');

const sweep: Declare = (command) =>
  cluster(command, 'to name pods')
    .option('--apply', 'remove them, one container directory at a time; needs root')
    .option('-n, --dry-run', 'print the commands of --apply, and run none of them')
    .option('--force', "remove them even while kubelet's mount still has the defect");

const verify: Declare = (command) =>
  cluster(command, 'of the cluster')
    .addOption(
      choice(
        '--rebuild <mode>',
        'run nixos-rebuild first, and test the new mount before switching',
        rebuildModes,
      ),
    )
    .option('--flake <ref>', 'with --rebuild: as nixos-rebuild takes it')
    .option('--file <file>', 'with --rebuild: as nixos-rebuild -f takes it')
    .option('--restart', "with --rebuild: restart kubelet's unit after the switch")
    .option('--rollback', 'with --rebuild: go back to the system before if the defect is still there')
    .option('--namespace <name>', 'for the pod (default: a new one, removed afterwards)')
    .option('--node <name>', 'the node that the pod runs on')
    .option('--all-nodes', 'a pod on every node')
    .option('--image <image>', 'of the pod (default: a pause image that the node has)')
    .option('--content', 'compare what the containers read; needs an --image with a shell')
    .option('--timeout <seconds>', 'for the pod (default: 60)')
    .option('--skip <phases>', `any of ${skippablePhases.join(',')}`)
    .option('-n, --dry-run', 'print each command and object, and do nothing');

/** The options of a command are what commander makes of the declared ones. */
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
  check: ['say whether a system has the fix, with the evidence', system, modules.check],
  status: ['show the state of channels, and what to do about each', status, modules.status],
  generate: [
    'write the fix: a Nix overlay and a NixOS module, or a systemd drop-in',
    generate,
    modules.generate,
  ],
  probe: ['test a mount for real, in a private namespace', probe, modules.probe],
  sweep: ['list the mounts that the defect left behind, and remove them', sweep, modules.sweep],
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
      writeErr: (text) => context.stderr.write(text),
    });
  for (const [name, [description, declare, load]] of Object.entries(commands)) {
    const command = program.command(name).description(description).allowExcessArguments(false);
    // Of the others the name is enough: options take time to declare.
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
    // commander has written its message already; its own exit code for one is 1, which means affected here.
    return error.exitCode === 0 ? exitCodes.good : exitCodes.usage;
  }
  return exitCode;
}
