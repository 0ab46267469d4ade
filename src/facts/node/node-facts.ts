/** What is known about a node. */
import type { Advisory } from '../../advisory/index.ts';
import type { Fact } from '../fact.ts';
import type { ProbeOutcome } from '../facts.ts';
import type { Leftovers } from '../leftovers/leftovers.ts';
import type { MountChain } from '../mount/chain.ts';
import type { Ignored, Kubelet } from './kubelet.ts';
import type { OperatingSystem } from './os.ts';
import type { Unit } from './unit.ts';

/** Who put an entry into kubelet's PATH, first to last. */
const layerTexts = {
  distribution: 'the distribution itself',
  'component-path': 'KUBELET_PATH',
  wrapper: 'the wrapper',
  unit: 'the unit',
  system: 'the system',
};
export type Layer = keyof typeof layerTexts;
export const layers = Object.keys(layerTexts) as [Layer, ...Layer[]];

/** A layer as a person reads it. */
export const layerText = (layer: Layer): string => layerTexts[layer];

/** A mount, and who put it first in PATH. */
export type LayeredMount = MountChain & { layer: Layer };

/** What a unit sets for kubelet's mount, and what that would be without. */
export interface WithoutFix {
  /** what the unit sets: a variable, or an entry of PATH */
  set: { name: string; value: string }[];
  /** the mount that kubelet would use without that */
  mount: Fact<MountChain>;
}

export interface NodeFacts {
  os: Fact<OperatingSystem>;
  kubelet: Fact<Kubelet>;
  unit: Fact<Unit>;
  /** whether the package that the unit starts is wrapped with its own PATH */
  wrapped: Fact<boolean>;
  /** the mount that the running kubelet uses */
  mount: Fact<LayeredMount>;
  /** the mount that kubelet would use if its unit were started now */
  planned: Fact<LayeredMount>;
  /** what that one does, if a restart would change anything */
  plannedProbe: Fact<ProbeOutcome>;
  /** what kubelet would mount with if its unit set nothing for that */
  withoutFix: Fact<WithoutFix>;
  /** the mount of the NixOS system itself */
  systemMount: Fact<MountChain>;
  /** the mount of this shell, which people test by hand */
  shellMount: Fact<MountChain>;
  /** /run/wrappers/bin/mount, which CSI drivers that enter the host call */
  csiMount: Fact<string>;
  /** processes that go by the name of a kubelet, and are not believed */
  ignored: readonly Ignored[];
  /** the mounts that the defect left behind: proof that it struck */
  leftovers: Fact<Leftovers>;
}

/** The mount that counts: the running kubelet's; if none runs, the one that its unit would give it. */
export function effectiveMount({ kubelet, mount, planned }: NodeFacts): Fact<LayeredMount> {
  return kubelet.known || kubelet.unreadable ? mount : planned;
}

/** The program of a mount, links and wrappers followed. */
export const programOfMount = ({ steps, mount }: MountChain): string => steps.at(-1) ?? mount;

/** Whether two mounts are the same program with the same libmount and the same way of mounting. */
export function givesSame(left: MountChain, right: MountChain, { environment }: Advisory): boolean {
  const { variable } = environment;
  const library = ({ libmount }: MountChain): string => (libmount.known ? libmount.value : '');
  return (
    programOfMount(left) === programOfMount(right) &&
    library(left) === library(right) &&
    left.env[variable] === right.env[variable]
  );
}
