/** When a fix is no longer needed: said the same way of a node and of a configuration. Pure. */
import type { Advisory } from '../advisory/index.ts';
import { isOlder, standing, type Version } from '../advisory/version.ts';
import { unknown } from '../facts/fact.ts';
import { type Facts, isOtherSystem } from '../facts/facts.ts';
import { storeVersion } from '../facts/mount/store-path.ts';
import { effectiveMount, type NodeFacts, programOfMount } from '../facts/node/node-facts.ts';
import { judge } from './judge.ts';
import { isGood } from './states.ts';

/** @param because what has no need of it */
export const noLongerNeeded = (because: string): string => `no longer needed: ${because}`;

/** What a node has that it does not need any more; null where there is nothing, or it cannot be determined. */
export function obsoleteText(node: NodeFacts, facts: Facts, advisory: Advisory): string | null {
  if (!isGood(judge(facts, advisory).state)) return null;
  const texts = [ofKubelet(node, facts, advisory), ofWrapper(node, advisory)].filter((text) => text !== null);
  if (texts.length === 0) return null;
  const files = node.unit.known ? node.unit.value.files.filter((file) => /subpathfix/.test(file)) : [];
  const how = isOtherSystem(facts)
    ? `remove ${files[0] ?? "it from the unit's drop-ins"}`
    : 'find it with subpathfix audit';
  return `this node's fix is ${noLongerNeeded(texts.join('; '))}; ${how}`;
}

function ofKubelet(node: NodeFacts, facts: Facts, advisory: Advisory): string | null {
  const { withoutFix } = node;
  const now = effectiveMount(node);
  if (!withoutFix.known || !now.known || !withoutFix.value.mount.known) return null;
  const { set, mount } = withoutFix.value;
  const [before, after] = [programOfMount(now.value), programOfMount(mount.value)];
  const name = set.map((each) => (each.name === 'PATH' ? `PATH (${each.value})` : each.name)).join(' and ');
  const says = (because: string): string => `${name} of ${withoutFix.evidence} can go: ${because}`;
  if (before === after) {
    // It is the variable alone: what is known of this mount, without it and without a test, decides.
    const reason = 'without the fix';
    const alone = judge(
      { ...facts, probe: unknown('not-tried', reason), forceMount2: unknown('not-set', reason) },
      advisory,
    );
    const decides = alone.decidedBy !== null && alone.decidedBy !== 'channel';
    const isSet = set.some((each) => each.name !== 'PATH');
    return isSet && decides && isGood(alone.state) ? says(alone.because) : null;
  }
  const [old, own] = [storeVersion(before), storeVersion(after)];
  return old && own && isNewerAndGood(own, old, advisory)
    ? says(`without it kubelet uses ${after}, which does not have the defect`)
    : null;
}

/** /run/wrappers/bin/mount of an older build than the system's own. */
function ofWrapper({ csiMount, systemMount }: NodeFacts, advisory: Advisory): string | null {
  if (!csiMount.known || !systemMount.known) return null;
  const own = programOfMount(systemMount.value);
  const [old, version] = [storeVersion(csiMount.value), storeVersion(own)];
  return old && version && isNewerAndGood(version, old, advisory)
    ? `/run/wrappers/bin/mount is ${csiMount.value}, and the system's own ${own} does not have the defect`
    : null;
}

/** By its version alone: an equal one that is patched is not told from one that is not. */
const isNewerAndGood = (version: Version, than: Version, advisory: Advisory): boolean =>
  isOlder(than.release, version.release) && standing(version, advisory) !== 'affected';
