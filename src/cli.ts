/** Declares the commands. Each is loaded when it is run, so that none pays for another at start-up. */
import { Command, Option } from 'commander';
import type { CheckOptions } from './commands/check.ts';
import type { Context } from './commands/context.ts';
import type { GenerateOptions } from './commands/generate.ts';
import type { ProbeOptions } from './commands/probe.ts';
import type { StatusOptions } from './commands/status.ts';
import type { SweepOptions } from './commands/sweep.ts';
import type { VerifyOptions } from './commands/verify-options.ts';
import { distroNames, distros } from './remedy/distros.ts';
import { strategyNames } from './remedy/remedy.ts';
import { formatNames } from './report/report.ts';

/** Options that every command has. */
function shared(command: Command, formats: readonly string[] = formatNames): Command {
  return command
    .option('--json', 'the report as JSON, alone on standard output')
    .addOption(
      new Option('--format <format>', 'how the report is written').choices([...formats]).default('human'),
    )
    .option('-q, --quiet', 'nothing but errors; the exit code tells')
    .option('-v, --verbose', 'each command that is run, with its time')
    .addOption(new Option('--color <when>', 'colours').choices(['auto', 'always', 'never']).default('auto'));
}

/** An option for mirrors: given again, it adds one that is tried after those before it. */
function repeated(flags: string, description: string): Option {
  return new Option(flags, `${description}; repeated for mirrors`).argParser(
    (value: string, all: string[] = []) => [...all, value],
  );
}

/** Options that say which system is meant; without one of them it is the machine that this runs on. */
function system(command: Command): Command {
  return command
    .option('--channel <name>', 'channel of nixpkgs, such as nixos-25.05')
    .option('--util-linux <version>', "the system's util-linux, as `mount --version` prints it")
    .option('--nixpkgs <path>', 'a checkout, an unpacked channel, or the package.nix of util-linux')
    .option('--flake-lock <file>', 'the nixpkgs that this flake pins')
    .option('--rev <sha>', 'nixpkgs at this commit')
    .option('--node-root <dir>', 'examine the system that is mounted or copied here, instead of /')
    .addOption(
      repeated(
        '--raw-base-url <url>',
        'with --flake-lock and --rev: where nixpkgs is, followed by /<rev>/<path>',
      ),
    );
}

const exits = `
Exit codes: 0 fixed, not affected, or done; 1 affected; 2 usage error; 3 undetermined; 4 a remedy failed.`;

/**
 * @param run gets each command's exit code
 * @throws {CommanderError} for a command line that cannot be read
 */
export function commandLine(context: Context, run: (exitCode: Promise<number>) => void): Command {
  const program = new Command('subpathfix')
    .description(
      'Finds, cures and proves gone the util-linux 2.41 defect that breaks Kubernetes subPath mounts.',
    )
    .version(context.version, '-V, --version')
    .helpCommand(false)
    .addHelpText('after', exits)
    .exitOverride()
    .configureOutput({ writeOut: context.stdout, writeErr: context.stderr });
  const command = (name: string, description: string): Command =>
    program.command(name).description(description).allowExcessArguments(false);

  shared(system(command('check', 'say whether a system has the fix, with the evidence'))).action(
    (options: CheckOptions) =>
      run(import('./commands/check.ts').then(({ check }) => check(context, options))),
  );

  shared(command('status', 'the state of channels, and what to do about each'))
    .argument('[channel...]', 'default: the rolling ones and the last three releases')
    .addOption(repeated('--base-url <url>', 'where channels are, followed by /<channel>/git-revision'))
    .addOption(repeated('--raw-base-url <url>', 'where nixpkgs is, followed by /<rev>/<path>'))
    .option('--offline', 'answer from the cache and the built-in snapshot')
    .option('--no-cache', 'keep nothing, and use nothing that was kept')
    .option('--timeout <seconds>', 'for the whole command (default: 20)')
    .option('--since <file>', 'print only what changed since the document in this file, and keep it there')
    .option('--fix [commit]', 'say whether each has this commit of util-linux (default: the fix)')
    .action((channels: string[], options: StatusOptions) =>
      run(import('./commands/status.ts').then(({ status }) => status(context, channels, options))),
    );

  const roles = [...new Set(Object.values(distros).flatMap((traits) => traits.roles))];
  shared(system(command('generate', 'write the Nix overlay and the module that puts it to use')))
    .addOption(
      new Option('--distro <name>', 'distribution of Kubernetes (default: k0s)').choices([...distroNames]),
    )
    .addOption(new Option('--role <role>', 'role of the node, which names the unit').choices(roles))
    .option('--unit <name>', 'systemd unit that runs kubelet')
    .addOption(
      new Option(
        '--package-wrapped <answer>',
        'whether the package puts its own util-linux first in PATH',
      ).choices(['yes', 'no', 'unknown']),
    )
    .addOption(new Option('--strategy <name>', 'how the cure gets to kubelet').choices([...strategyNames]))
    .option('--gate', "try the incoming system's mount before each switch")
    .option('-o, --out <dir>', 'directory that the files go into', '.')
    .option('--stdout', 'print the files instead of writing them')
    .option('--diff', 'show what would change, and write nothing')
    .option('-n, --dry-run', 'say what would be written, and write nothing')
    .option('--force', 'write over files that are not ours')
    .action((options: GenerateOptions) =>
      run(import('./commands/generate.ts').then(({ generate }) => generate(context, options))),
    );

  shared(command('probe', 'try a mount for real, in a private namespace'))
    .option('--mount <path>', 'the mount to try (default: the first in PATH)')
    .option('--env <name=value>', 'add to its environment; may be repeated', (value, all: string[] = []) => [
      ...all,
      value,
    ])
    .option('--pid <pid>', 'with the PATH and environment of this process')
    .action((options: ProbeOptions) =>
      run(import('./commands/probe.ts').then(({ probe }) => probe(context, options))),
    );

  const listed = formatNames.filter((name) => name !== 'junit');
  shared(command('sweep', 'list the mounts that the defect left behind, and remove them'), listed)
    .option('--apply', 'remove them, one container directory at a time; needs root')
    .option('-n, --dry-run', 'say what --apply would run, and remove nothing')
    .option('--force', "remove them while kubelet's mount still has the defect, too")
    .option('--kubeconfig <file>', 'where to ask for the names of pods (default: KUBECONFIG, k0s, k3s)')
    .option('--context <name>', 'context of the kubeconfig')
    .action((options: SweepOptions) =>
      run(import('./commands/sweep.ts').then(({ sweep }) => sweep(context, options))),
    );

  shared(
    command(
      'verify',
      'prove the fix: kubelet, its mount, a pod with subPaths; with --rebuild, rebuild first',
    ),
  )
    .addOption(
      new Option('--rebuild <mode>', 'nixos-rebuild first, and try the new mount before switching').choices([
        ...['build', 'test', 'switch', 'boot'],
      ]),
    )
    .option('--flake <ref>', 'with --rebuild: the flake, as nixos-rebuild takes it')
    .option('--file <file>', 'with --rebuild: the configuration, as nixos-rebuild -f takes it')
    .option('--restart', "with --rebuild: restart kubelet's unit after the switch")
    .option('--rollback', 'with --rebuild: go back to the system before when the defect is still there')
    .option('--kubeconfig <file>', 'of the cluster (default: KUBECONFIG, else what k0s or k3s has)')
    .option('--context <name>', 'in the kubeconfig')
    .option('--namespace <name>', 'for the pod (default: one of its own, removed afterwards)')
    .option('--node <name>', 'the node that the pod goes to')
    .option('--all-nodes', 'a pod on every node')
    .option('--image <image>', 'of the pod (default: a pause image that the node has)')
    .option('--content', 'compare what the containers read; needs an --image with a shell')
    .option('--timeout <seconds>', 'for the pod (default: 60)')
    .option('--skip <phases>', 'any of gate,kubelet,probe,smoke,leftovers')
    .option('-n, --dry-run', 'print each command and object, and do nothing')
    .action((options: VerifyOptions) =>
      run(import('./commands/verify.ts').then(({ verify }) => verify(context, options))),
    );

  return program;
}
