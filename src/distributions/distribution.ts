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

/** A process, as far as it was read. */
export interface Process {
  pid: number;
  /** null if it cannot be read */
  parent: number | null;
  /** what it was told: whoever starts it chooses every word */
  argv: readonly string[];
  /** the program that it runs, links followed; null if it cannot be read */
  program: string | null;
  /** ticks since boot; null if it cannot be read */
  started: number | null;
  /** the variables that say where it comes from; empty if they cannot be read */
  env: Env;
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
  /** what that flake builds, where it has a nixpkgs of its own */
  flakePackage?: {
    /** when the system's nixpkgs counts, for a person */
    system: string;
    /** when that of the flake's input counts */
    own(input: string): string;
    /** what its module calls the unit since a day, as 2026-08-20 */
    renamedUnit?: { name: string; since: string };
  };

  /** the roles that a node can have; the first is the default */
  roles: readonly [string, ...string[]];
  /** the roles whose nodes run no kubelet, with the reason, for a person */
  withoutKubelet?: Readonly<Record<string, string>>;
  /** the role in the command line of the program that the unit starts; null if it names none */
  roleIn(argv: readonly string[]): string | null;

  /** names of the program that its unit starts; nixpkgs may have it as .NAME-wrapped */
  programs: readonly string[];
  /**
   * Whether a process of that program, with this command line, holds kubelet itself; without it, kubelet is a
   * program of its own
   */
  holdsKubelet?(argv: readonly string[]): boolean;
  /** whether a kubelet was started by this distribution, by the process alone: its supervisor may have ended */
  owns?(kubelet: Process): boolean;
  /** where kubelet keeps pods, unless its command line says */
  kubeletRoot: string;

  /** every name that its unit has or had, most likely first, without .service */
  units: readonly [string, ...string[]];
  /** the unit of a role, from the NixOS module or the distribution's own installer */
  unitOf(role: string, nixos: boolean): string;
  /** what to do when there is no such unit */
  unitHint: string;
  /** what to know when its unit is restarted */
  restartHint?: string;
  /** what kubelet gets from the environment of the unit's program, if not all of it unchanged */
  passesOn?(env: Env, argv: readonly string[]): PassedOn;

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
  /**
   * Where a nixpkgs with util-linux.withPatches uses it for this kubelet: in the unit's PATH, or in the package.
   * Only /run/wrappers/bin/mount has the defect then (nixpkgs' pull requests 407810 and 409332).
   */
  nixpkgsFix?: 'path' | 'package';
  /** why the unit also sets a PATH for kubelet alone: it reaches kubelet through a wrapper */
  componentPath?: Partial<Record<Wrapped, string>>;

  /** where the administrator's kubeconfig is */
  kubeconfigs: readonly string[];
  /** the administrator's kubeconfig by the command line of the unit's program; null if that does not say */
  kubeconfigIn?(argv: readonly string[]): string | null;
  /** roles whose nodes do not get the administrator's kubeconfig */
  workers?: readonly string[];
  /** kubelet's own kubeconfig, where its command line does not name one */
  nodeKubeconfig?: string;
  /** its own kubectl, with arguments; it finds the administrator's kubeconfig by itself */
  kubectl?: readonly [string, ...string[]];
  /** a plain kubectl that it installs outside of PATH */
  kubectlFile?: string;
}
