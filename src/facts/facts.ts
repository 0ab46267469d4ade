/** Everything that the verdict is based on. */
import type { Channel } from '../advisory/channel.ts';
import type { PackagedVersion } from '../advisory/packages.ts';
import type { Version } from '../advisory/version.ts';
import { type Fact, type Unknown, unknown } from './fact.ts';

/** A patch of util-linux as nixpkgs lists it. */
export interface Patch {
  /** its file's base name, or the name under which it is fetched */
  name: string;
  /** where it is fetched from */
  url?: string;
  /** whether it is applied when util-linux is built for NixOS; unknown when its condition is not understood */
  applies: Fact<boolean>;
  /**
   * whether it changes the file that has the defect; unknown when only its name can be seen (not-tried), or when
   * what is listed is not understood (not-understood)
   */
  touchesDefect: Fact<boolean>;
  /** it is taken out of the source rather than put in */
  reverts?: true;
  /** what is listed here cannot be read: it could be any patch */
  unread?: true;
}

/** What one nixpkgs says about util-linux. */
export interface NixpkgsPatches {
  /** the version that these patches are for */
  version: Version;
  patches: Patch[];
}

/** The two kinds of subPath mount. */
export const probeCases = ['file', 'directory'] as const;
export type ProbeCase = (typeof probeCases)[number];

/** What a tested mount did, if that decides; an inconclusive probe is an unknown fact. */
export interface ProbeOutcome {
  state: 'affected' | 'fixed';
  /** the mount that was tested */
  mount: string;
  /** which of the two subPath mounts failed */
  failed: ProbeCase[];
  /** LIBMOUNT_FORCE_MOUNT2 as the mount saw it */
  forceMount2: string | null;
}

export interface Facts {
  channel: Fact<Channel>;
  /** commit of nixpkgs */
  revision: Fact<string>;
  utilLinux: Fact<Version>;
  libmount: Fact<Version>;
  /** the package of a Linux distribution that has libmount */
  packaged: Fact<PackagedVersion>;
  patches: Fact<NixpkgsPatches>;
  /** whether nixpkgs has util-linux.withPatches */
  withPatches: Fact<boolean>;
  probe: Fact<ProbeOutcome>;
  /** why this node runs no kubelet: its role needs none */
  noKubelet: Fact<string>;
  /** the value of LIBMOUNT_FORCE_MOUNT2 in the environment of kubelet's mount */
  forceMount2: Fact<string>;
}

/** What one nixpkgs says. */
export type NixpkgsFacts = Pick<Facts, 'utilLinux' | 'patches' | 'withPatches' | 'revision'>;

/** For a nixpkgs that cannot be read. */
export const unreadNixpkgs = (fact: Unknown, revision: Fact<string> = fact): NixpkgsFacts => ({
  utilLinux: fact,
  patches: fact,
  withPatches: fact,
  revision,
});

/** Whether it is a system other than NixOS: nixpkgs and its channels say nothing about it. */
export const isOtherSystem = ({ channel, packaged }: Pick<Facts, 'channel' | 'packaged'>): boolean =>
  packaged.known || (!channel.known && channel.reason.code === 'other-system');

export type FactName = keyof Facts;

/** The facts before anything was given or read. */
export function noFacts(): Facts {
  const notGiven = unknown('not-given', 'not given');
  return {
    channel: notGiven,
    revision: notGiven,
    utilLinux: notGiven,
    libmount: notGiven,
    packaged: notGiven,
    patches: notGiven,
    withPatches: notGiven,
    probe: unknown('not-tried', 'no mount was tested'),
    noKubelet: notGiven,
    forceMount2: notGiven,
  };
}

export const factNames = Object.keys(noFacts()) as FactName[];
