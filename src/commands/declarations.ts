/** The arguments and options of each command. */
import { Argument, type Command, Option } from 'commander';
import { strategyNames, wrappedAnswers } from '../distributions/distribution.ts';
import { defaultDistribution, distributionNames, distributions } from '../distributions/index.ts';
import { formatNamesOf } from '../report/formats/index.ts';
import { rebuildModes, skippablePhases } from '../verify/phase.ts';
import { choices } from './choices.ts';
import { shells } from './completion/shells.ts';

/** The heading of the options that every command has. */
export const sharedOptions = 'Options of every command:';

/** Options that every command has. */
export const shared = (command: Command): Command =>
  command
    .optionsGroup(sharedOptions)
    .helpOption(true)
    .option('--json', 'the report as JSON, alone on standard output')
    .addOption(
      choice('--format <format>', 'format of the report', formatNamesOf(command.name())).default('human'),
    )
    .option('-q, --quiet', 'print only errors; the result is the exit code')
    .option('-v, --verbose', 'print each command that runs, and how long it took')
    .addOption(choice('--color <when>', 'use colors', ['auto', 'always', 'never']).default('auto'));

/** Declares the arguments and options of a command. */
export type Declare = (command: Command) => Command;

/** An option with a closed list of values. */
const choice = (flags: string, description: string, values: readonly string[]): Option =>
  new Option(flags, description).choices(values);

/** Collects the values of a repeatable option. */
const collect = (value: string, all: string[] = []): string[] => [...all, value];

/** Where a token is sent, and where it is from. */
const tokenHelp = (when: string): string =>
  `\n${when}, GitHub gets the token in GITHUB_TOKEN, or that of \`gh auth token\`, to raise its rate limit.`;

const roles = [...new Set(Object.values(distributions).flatMap((distribution) => distribution.roles))];

/** Options that say which nixpkgs a system is built from. */
const nixpkgs = (command: Command): Command =>
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
    .option(
      '--raw-base-url <url>',
      'with --flake-lock, --lock or --rev: base URL of nixpkgs, before /<rev>/<path>; repeat for mirrors',
      collect,
    )
    .addHelpText('after', tokenHelp('With --flake-lock or --rev'));

/** Options that select the system; the default is the machine this runs on. */
const check = (command: Command): Command =>
  nixpkgs(command)
    .option('--node-root <dir>', 'inspect the system mounted or copied here instead of /')
    .addOption(
      choice(
        '--distro <name>',
        `Kubernetes distribution (default: what the machine runs, else ${defaultDistribution})`,
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
    );

/** Options that select machines that are reached by ssh. */
const hosts = (command: Command, where = 'with --host'): Command =>
  command
    .option('--host <[user@]host>', 'examine this machine, by ssh; repeatable', collect)
    .option('--hosts-file <file>', 'examine the machines that a file names, one on a line')
    .addOption(
      choice('--hosts-from <source>', 'examine the nodes that kubectl knows, by their InternalIP', [
        'cluster',
      ]),
    )
    .option('--jobs <number>', `${where}: how many at a time (default: 32)`)
    .option('--wide', 'of many nodes: a line for each, with what it says of itself');

/** The same, where no other option limits the time. */
const limitedHosts = (command: Command): Command =>
  hosts(command).option('--timeout <seconds>', 'with --host: seconds for each host (default: 60)');

/** Options that select the cluster. */
const cluster = (command: Command, what: string): Command =>
  command
    .option('--kubeconfig <file>', `${what} (default: KUBECONFIG, ~/.kube/config, or the distribution's own)`)
    .option('--context <name>', 'context in the kubeconfig');

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

const generate: Declare = (command) =>
  check(command)
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
  limitedHosts(command)
    .option('--mount <path>', 'the mount to test (default: the one that kubelet uses)')
    .option('--env <name=value>', 'set a variable in its environment; repeatable', collect)
    .option('--pid <pid>', 'use the PATH and environment of this process');

const diagnose: Declare = (command) =>
  cluster(command, 'with --cluster: kubeconfig')
    .argument(
      '[file...]',
      'logs, also .gz, .zst and support bundles (.tar, .tar.gz, .zip); - is standard input',
    )
    .option('--unit <name>', 'read the journal of this systemd unit; repeatable', collect)
    .option('--since <time>', 'read the journal from this time on, as journalctl takes it')
    .option('--until <time>', 'read the journal up to this time')
    .option('--follow', 'go on with the journal, and report what is found as it comes, until Ctrl-C')
    .option('--cluster', 'read the events and pods of the cluster')
    .option('--redact', 'replace the names of pods, volumes, containers and files by hashes');

const audit: Declare = (command) =>
  nixpkgs(
    command.argument(
      '[dir]',
      'of a NixOS configuration (default: this one); its lock files say which nixpkgs',
    ),
  ).option('--diff', 'print the removal of what can go as a patch, and write nothing');

const sweep: Declare = (command) =>
  cluster(limitedHosts(command), 'kubeconfig to look up pod names')
    .option('--apply', 'remove them, one container directory at a time; needs root')
    .option('-n, --dry-run', 'print the commands that --apply would run')
    .option('--force', "remove them even while kubelet's mount still has the defect");

const verify: Declare = (command) =>
  cluster(hosts(command, 'with --host or --all-nodes'), 'kubeconfig of the cluster to test')
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
    .option('--selector <labels>', 'with --all-nodes: only the nodes with these labels')
    .option('--resume', 'with --all-nodes: test only what has no result of the last hour that still holds')
    .option('--image <image>', 'image of the pod (default: a pause image that the node has)')
    .option('--content', 'also check what the containers read; needs an --image with a shell')
    .option('--timeout <seconds>', 'seconds to wait for kubelet, and for the pod (default: 60)')
    .option('--keep', 'keep the pod for an hour, to inspect it by hand')
    .option('--skip <phases>', `phases to skip: ${skippablePhases.join(',')}`)
    .option('-n, --dry-run', 'print each command and object, and run nothing');

const completion: Declare = (command) =>
  command.addArgument(new Argument('<shell>', 'whose completions to print').choices(shells));

export const declarations = {
  check: (command) => limitedHosts(check(command)),
  status,
  generate,
  probe,
  diagnose,
  audit,
  sweep,
  verify,
  completion,
} satisfies Record<string, Declare>;
