/**
 * What the program has to know of a distribution of Kubernetes. One file holds all of it for each; nowhere else is
 * a distribution's name compared. Pure: what a machine says is given to these functions.
 */

/** The ways in which a fix can reach kubelet. */
export const strategyNames = ['path', 'env', 'package', 'wrapper', 'overlay', 'drop-in'] as const;
export type StrategyName = (typeof strategyNames)[number];

/** Whether the package puts its own util-linux in front of the unit's PATH. */
export const wrappedAnswers = ['yes', 'no', 'unknown'] as const;
export type Wrapped = (typeof wrappedAnswers)[number];

type Env = Record<string, string>;

/** A process by its command line, as it shows it. */
interface Process {
  argv: string[];
}

/** What the command lines of a kubelet and its supervisor say of it. */
export interface KubeletTraits {
  /** null where they name none */
  role: string | null;
  /** where it keeps pods: --root-dir */
  rootDirectory: string;
}

/** What kubelet gets from what its unit's program is started with. */
interface Handed {
  env: Env;
  /** a directory that the distribution itself puts first in kubelet's PATH */
  ownDirectory: string;
  /** the PATH that is for kubelet alone; undefined where nothing sets one */
  componentPath: string | undefined;
}

/** What is not said of a distribution does not apply to it. */
export interface Distribution {
  /** false where NixOS has no module for it: a systemd drop-in is the only fix then */
  onNixos?: false;
  /** the repository of the flake that packages it for NixOS, with a nixpkgs of its own */
  flakeRepository?: string;

  /** the roles that a node can have; the first is what a node has when nothing is said */
  roles: readonly [string, ...string[]];
  /** the roles whose nodes run no kubelet, with why, for a person */
  withoutKubelet?: Readonly<Record<string, string>>;
  /** the role in the command line of the program that the unit starts; null where it names none */
  roleIn(argv: string[]): string | null;

  /** what the program that its unit starts is called */
  programs: readonly string[];
  /**
   * Whether a process holds a kubelet of this distribution, and what is known of it.
   * @param all every process of the machine, for its supervisor
   * @returns null where it does not
   */
  kubelet(process: Process, all: readonly Process[]): KubeletTraits | null;

  /** every name that its unit has or had, the likeliest first, without .service */
  units: readonly [string, ...string[]];
  /** the unit of a role, by NixOS's module or by the distribution's own installer */
  unitOf(role: string, nixos: boolean): string;
  /** what to do when there is no such unit */
  unitHint: string;
  /** what to know when its unit is restarted */
  restartHint?: string;
  /** what kubelet gets, given the environment and command line of the unit's program, where not all of it */
  hands?(env: Env, argv: string[]): Handed;

  /** what a variable for kubelet alone begins with on its unit */
  kubeletPrefix?: string;
  /** whether its package is wrapped, where nobody looked */
  wrapped: Wrapped;
  /** how the package of its NixOS module is given another util-linux */
  package?: {
    /** the option that holds it */
    option: string;
    /** what is built then, for a person who waits for it */
    builds: string;
    /** its program, which is wrapped again where the package takes no util-linux */
    rewraps?: string;
  };
  /** why the unit sets a PATH for kubelet alone, beside its own: it reaches kubelet through a wrapper */
  componentPath?: Partial<Record<Wrapped, string>>;

  /** where the administrator's kubeconfig is */
  kubeconfigs: readonly string[];
  /** a program of its own that stands for kubectl, with its arguments */
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

/** Where a kubelet keeps pods: as it is told, else where it does by itself. */
export const rootDirectoryIn = (argv: readonly string[], otherwise = '/var/lib/kubelet'): string =>
  optionIn(argv, '--root-dir') ?? otherwise;

interface OwnKubelet extends Pick<Distribution, 'programs' | 'roleIn'> {
  /** the distribution's directory, which its kubelet's program or root directory lies in; any where not given */
  directory?: string;
  /** the root directory of a kubelet that is told none */
  root?: string;
}

/** For a kubelet that is a process of its own; its role is in the command line of the program of the unit. */
export const ownKubelet =
  ({ directory, programs, roleIn, root }: OwnKubelet): Distribution['kubelet'] =>
  ({ argv }, all) => {
    if (programOf(argv) !== 'kubelet') return null;
    const paths = [argv[0], optionIn(argv, '--root-dir')];
    if (directory !== undefined && !paths.some((path) => path?.split('/').includes(directory))) return null;
    const roles = all.map((other) => (programs.includes(programOf(other.argv)) ? roleIn(other.argv) : null));
    return { role: roles.find((role) => role !== null) ?? null, rootDirectory: rootDirectoryIn(argv, root) };
  };
