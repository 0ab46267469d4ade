/** What a restart of kubelet's unit would change: a fix that is not in effect yet, or one that would be lost. Pure. */
import type { Advisory } from '../advisory/index.ts';
import { known, unknown } from '../facts/fact.ts';
import type { Facts } from '../facts/facts.ts';
import { givesSame, type LayeredMount, type NodeFacts, programOfMount } from '../facts/node/node-facts.ts';
import { judge } from './judge.ts';
import { forced } from './opinions.ts';
import { type DriftState, isGood, type State } from './states.ts';

export interface Drift {
  state: DriftState;
  /** why, in a sentence */
  because: string;
}

/** @param facts of the running kubelet's mount */
export function driftOf(node: NodeFacts, facts: Facts, advisory: Advisory): Drift {
  const { kubelet, mount, planned, unit } = node;
  if (!kubelet.known) return drift('none', 'no kubelet is running that a restart could change');
  if (!mount.known) return drift('unknown', mount.reason.text);
  if (!unit.known) return drift('unknown', unit.reason.text);
  const { name } = unit.value;
  if (!planned.known) return drift('unknown', `what ${name} would give kubelet: ${planned.reason.text}`);
  const pair = { name, running: describeRunning(node), now: mount.value, next: planned.value };
  if (givesSame(mount.value, planned.value, advisory))
    return drift('none', `${name} would give kubelet the same mount again`);
  const now = judge(facts, advisory).state;
  const next = judge(plannedFacts(node, mount.value, planned.value, facts, advisory), advisory).state;
  return compare(now, next, sentence(pair, advisory), name);
}

const drift = (state: DriftState, because: string): Drift => ({ state, because });

function compare(now: State, next: State, differs: string, unit: string): Drift {
  if (now === 'undetermined' || next === 'undetermined')
    return drift('unknown', `cannot determine what a restart of ${unit} would change: ${differs}`);
  if (isGood(now) === isGood(next)) {
    const both = isGood(now) ? 'both work' : 'both have the defect';
    return drift('none', `${differs}: ${both}`);
  }
  return isGood(next)
    ? drift('not-in-effect', `switched, not yet in effect: ${differs}: restart ${unit}`)
    : drift('lost-at-restart', `works now, but the fix is lost when ${unit} is restarted: ${differs}`);
}

/** What would be known about the mount that kubelet gets by a restart. */
function plannedFacts(
  { plannedProbe }: NodeFacts,
  now: LayeredMount,
  next: LayeredMount,
  facts: Facts,
  { environment: { variable } }: Advisory,
): Facts {
  const value = next.env[variable];
  const forceMount2 =
    value === undefined ? unknown('not-set', `the unit does not set ${variable}`) : known(value, 'the unit');
  // Another program has a version and patches of its own.
  const sameProgram = programOfMount(now) === programOfMount(next);
  const other = unknown('not-tried', 'of another mount');
  const own = sameProgram ? {} : { utilLinux: other, libmount: next.version, patches: other, channel: other };
  return { ...facts, ...own, forceMount2, probe: plannedProbe };
}

interface Pair {
  name: string;
  running: string;
  now: LayeredMount;
  next: LayeredMount;
}

/** What differs between the running kubelet and its unit. */
function sentence({ name, running, now, next }: Pair, advisory: Advisory): string {
  const [program, plannedProgram] = [programOfMount(now), programOfMount(next)];
  if (program !== plannedProgram) {
    return `${name} would give kubelet ${plannedProgram}, but ${running} uses ${program}`;
  }
  const { variable, value } = advisory.environment;
  if (next.env[variable] === value) {
    return `${name} sets ${forced(advisory)}, but ${running} was started without it`;
  }
  return now.env[variable] === value
    ? `${running} was started with ${forced(advisory)}, but ${name} does not set it`
    : `${name} would give kubelet another libmount than ${running} uses`;
}

function describeRunning({ kubelet }: NodeFacts): string {
  if (!kubelet.known) return 'kubelet';
  const { pid, startedAt } = kubelet.value;
  const since =
    startedAt === null ? '' : `, started ${new Date(startedAt * 1000).toISOString().slice(0, 19)}Z`;
  return `kubelet (pid ${pid}${since})`;
}
