/**
 * What the program knows about a Kubernetes distribution: one file each, and their names are compared nowhere
 * else. Pure: what was read from a machine is passed to these functions.
 */

/** The ways in which a fix can reach kubelet. */
export const strategyNames = ['path', 'env', 'package', 'wrapper', 'overlay', 'drop-in'] as const;
export type StrategyName = (typeof strategyNames)[number];

/** Whether the package puts its own util-linux in front of the unit's PATH. */
export const wrappedAnswers = ['yes', 'no', 'unknown'] as const;
export type Wrapped = (typeof wrappedAnswers)[number];

type Env = Record<string, string>;

/** A process, by its command line. */
interface Process {
  argv: string[];
}

/** What the command lines of a kubelet and its supervisor say about it. */
export interface KubeletTraits {
  /** null if they name none */
  role: string | null;
  /** where it keeps pods: --root-dir */
  rootDirectory: string;
}

/** What kubelet gets from its unit's program. */
interface PassedOn {
  env: Env;
  /** a directory that the distribution itself puts first in kubelet's PATH */
  ownDirectory: string;
  /** the PATH that is for kubelet alone; undefined if nothing sets one */
  componentPath: string | undefined;
}

/** An optional field that is missing does not apply. */
export interface Distribution {
  /** false if NixOS has no module for it: then a systemd drop-in is the only fix */
  onNixos?: false;
  /** the repository of the flake that packages it for NixOS, with its own nixpkgs */
  flakeRepository?: string;

  /** the roles that a node can have; the first is the default */
  roles: readonly [string, ...string[]];
  /** the roles whose nodes run no kubelet, with the reason, for a person */
  withoutKubelet?: Readonly<Record<string, string>>;
  /** the role in the command line of the program that the unit starts; null if it names none */
  roleIn(argv: string[]): string | null;

  /** names of the program that its unit starts */
  programs: readonly string[];
  /**
   * What is known about this distribution's kubelet in a process.
   * @param all every process of the machine, to find its supervisor
   * @returns null if the process runs no such kubelet
   */
  kubelet(process: Process, all: readonly Process[]): KubeletTraits | null;

  /** every name that its unit has or had, most likely first, without .service */
  units: readonly [string, ...string[]];
  /** the unit of a role, from the NixOS module or the distribution's own installer */
  unitOf(role: string, nixos: boolean): string;
  /** what to do when there is no such unit */
  unitHint: string;
  /** what to know when its unit is restarted */
  restartHint?: string;
  /** what kubelet gets from the environment of the unit's program, if not all of it unchanged */
  passesOn?(env: Env, argv: string[]): PassedOn;

  /** prefix of a variable that its unit sets for kubelet alone */
  kubeletPrefix?: string;
  /** whether its package is wrapped, unless that was inspected */
  wrapped: Wrapped;
  /** how to give the package of its NixOS module another util-linux */
  package?: {
    /** the option that sets it */
    option: string;
    /** what that builds, for a person who waits for it */
    builds: string;
    /** its program, which is wrapped again if the package takes no util-linux */
    rewraps?: string;
  };
  /** why the unit also sets a PATH for kubelet alone: it reaches kubelet through a wrapper */
  componentPath?: Partial<Record<Wrapped, string>>;

  /** where the administrator's kubeconfig is */
  kubeconfigs: readonly string[];
  /** its own kubectl, with arguments */
  kubectl?: readonly [string, ...string[]];
}

/** The value of an option in a command line, as --name VALUE or --name=VALUE. */
export function optionIn(argv: readonly string[], name: string): string | null {
  for (const [index, arg] of argv.entries()) {
    if (arg === name) return argv[index + 1] ?? null;
    if (arg.startsWith(`${name}=`)) return arg.slice(name.length + 1);
  }
  return null;
}

/** Whether a command line has a flag, as --name or --name=true. */
export const hasFlag = (argv: readonly string[], name: string): boolean =>
  argv.includes(name) || argv.includes(`${name}=true`);

/** The name of the program in a command line. */
export const programOf = ([program = '']: readonly string[]): string =>
  program.slice(program.lastIndexOf('/') + 1);

/** Where a kubelet keeps pods: --root-dir, else its default. */
export const rootDirectoryIn = (argv: readonly string[], fallback = '/var/lib/kubelet'): string =>
  optionIn(argv, '--root-dir') ?? fallback;

interface OwnKubelet extends Pick<Distribution, 'programs' | 'roleIn'> {
  /** the distribution's directory, which contains its kubelet's program or root directory; default: any */
  directory?: string;
  /** the kubelet's default root directory */
  root?: string;
}

/** For a kubelet with its own process; its role is in the command line of the unit's program. */
export const ownKubelet =
  ({ directory, programs, roleIn, root }: OwnKubelet): Distribution['kubelet'] =>
  ({ argv }, all) => {
    if (programOf(argv) !== 'kubelet') return null;
    const paths = [argv[0], optionIn(argv, '--root-dir')];
    if (directory !== undefined && !paths.some((path) => path?.split('/').includes(directory))) return null;
    const roles = all.map((other) => (programs.includes(programOf(other.argv)) ? roleIn(other.argv) : null));
    return { role: roles.find((role) => role !== null) ?? null, rootDirectory: rootDirectoryIn(argv, root) };
  };
