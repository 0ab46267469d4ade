/** What misleads people on a node with this defect, said where it is the case. Pure. */
import type { Advisory } from '../advisory/index.ts';
import { standing } from '../advisory/version.ts';
import type { Facts } from '../facts/facts.ts';
import { storeVersion } from '../facts/mount/store-path.ts';
import { effectiveMount, type LayeredMount, type NodeFacts } from '../facts/node/node-facts.ts';
import { forced } from './opinions.ts';

/** The notes that a report has beside its verdict, the weightiest first. */
export function trapsOf(node: NodeFacts, facts: Facts, advisory: Advisory): string[] {
  return [
    notInEffect(node, advisory),
    otherMountInShell(node),
    wrapperShadows(node),
    csi(node, facts, advisory),
    struck(node),
  ].filter((note) => note !== null);
}

const program = (mount: LayeredMount): string => mount.steps.at(-1) ?? mount.mount;

/** The unit has another mount or environment than the kubelet that runs: switched, and kubelet not restarted. */
function notInEffect({ kubelet, mount, planned, unit }: NodeFacts, advisory: Advisory): string | null {
  if (!kubelet.known || !mount.known || !planned.known) return null;
  const { variable, value } = advisory.environment;
  const forces = (one: LayeredMount): boolean => one.env[variable] === value;
  const name = unit.known ? unit.value.name : 'its unit';
  const how = `kubelet (pid ${kubelet.value.pid}${since(kubelet.value.startedAt)})`;
  if (program(mount.value) !== program(planned.value)) {
    return `switched, not yet in effect: ${name} would give kubelet ${program(planned.value)}, but ${how} runs with ${program(mount.value)}: restart kubelet`;
  }
  if (forces(planned.value) && !forces(mount.value)) {
    return `switched, not yet in effect: ${name} sets ${forced(advisory)}, but ${how} runs without it: restart kubelet`;
  }
  return null;
}

const since = (seconds: number | null): string =>
  seconds === null ? '' : `, started ${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;

function otherMountInShell(node: NodeFacts): string | null {
  const { shellMount } = node;
  const effective = effectiveMount(node);
  if (!shellMount.known || !effective.known) return null;
  const [shell, its] = [shellMount.value.steps.at(-1), program(effective.value)];
  if (shell === its) return null;
  return `the mount of this shell is another one (${shell}) than kubelet's (${its}, from ${effective.value.layer}): what a mount by hand does says nothing of kubelet`;
}

/** A cure in the unit's PATH that a wrapper puts its own mount in front of. */
function wrapperShadows(node: NodeFacts): string | null {
  const { unit } = node;
  const effective = effectiveMount(node);
  if (!effective.known || effective.value.layer !== 'a wrapper' || !unit.known) return null;
  return `the package that ${unit.value.name} starts is wrapped: its own ${effective.value.entry} comes before the unit's PATH`;
}

/** CSI drivers that enter the host use another mount than kubelet. */
function csi({ csiMount }: NodeFacts, facts: Facts, advisory: Advisory): string | null {
  if (!csiMount.known) return null;
  const version = storeVersion(csiMount.value);
  if (!version || standing(version, advisory) !== 'affected') return null;
  const cured = facts.probe.known && facts.probe.value.state === 'fixed' ? ', though kubelet is cured' : '';
  return `CSI drivers that enter the host call /run/wrappers/bin/mount, which is ${csiMount.value} (affected by version${cured}): generate --strategy wrapper`;
}

function struck({ leftovers }: NodeFacts): string | null {
  if (!leftovers.known) return null;
  const count = leftovers.value.directories.flatMap((directory) => directory.leftovers).length;
  if (count === 0) return null;
  return `this node was hit: ${count} ${count === 1 ? 'mount that the defect left behind is' : 'mounts that the defect left behind are'} still there; subpathfix sweep lists them`;
}
