/** Examines a node: kubelet, its unit, the mount that kubelet runs, and what that mount does. */
import type { Advisory } from '../../advisory/index.ts';
import { type Host, orNull, ReadError } from '../../host/host.ts';
import { type Fact, known, type Unknown, unknown, unreadable } from '../fact.ts';
import { type Facts, noFacts } from '../facts.ts';
import { type Leftovers, readLeftovers } from '../leftovers/leftovers.ts';
import { followMount } from '../mount/chain.ts';
import { probe } from '../mount/probe.ts';
import { readMountVersion } from '../mount/version.ts';
import { readDerivation } from '../nixpkgs/derivation.ts';
import { findUnit } from './find-unit.ts';
import { readRunning } from './kubelet.ts';
import { type KubeletPath, kubeletPathOf, layerOf } from './kubelet-path.ts';
import { effectiveMount, type LayeredMount, type NodeFacts } from './node-facts.ts';
import { readSystem } from './os.ts';
import { readProcess } from './process.ts';

export interface NodeExamination {
  facts: Facts;
  node: NodeFacts;
}

interface Examining {
  /** false for a system that is not running: none of its programs are run */
  live: boolean;
  signal: AbortSignal;
}

/** Examines a node; read-only. */
export async function examineNode(
  host: Host,
  advisory: Advisory,
  examining: Examining,
): Promise<NodeExamination> {
  const [{ packaged, os, ...system }, { kubelet, unit }, leftovers] = await Promise.all([
    readSystem(host),
    readKubeletAndUnit(host),
    readMountTable(host),
  ]);
  const path = unit.known
    ? known(await kubeletPathOf(host, unit.value), `the program of ${unit.value.name}`)
    : unit;
  const process = kubelet.known ? await readProcess(host, kubelet.value.pid) : kubelet;
  const node: NodeFacts = {
    os,
    kubelet,
    unit,
    wrapped: path.known ? known(path.value.wrapped, path.evidence) : path,
    mount: process.known ? await layeredMount(host, process.value, path) : process,
    planned: path.known ? await layeredMount(host, { env: path.value.env, cwd: '/' }, path) : path,
    shellMount: examining.live
      ? await followMount(host, { PATH: host.env['PATH'] ?? '' }, host.cwd)
      : unknown('not-applicable', 'a system that is not running has no shell'),
    csiMount: await readCsiMount(host),
    leftovers,
  };
  const tested = await testMount(host, node, advisory, examining);
  const { utilLinux } = tested;
  return {
    facts: {
      ...noFacts(),
      ...system,
      ...tested,
      utilLinux: utilLinux.known || utilLinux.unreadable ? utilLinux : packaged,
      forceMount2: forceMount2(effectiveMount(node), advisory),
    },
    node,
  };
}

async function readMountTable(host: Host): Promise<Fact<Leftovers>> {
  const table = '/proc/self/mountinfo';
  try {
    return known(await readLeftovers(host, table), table);
  } catch (error) {
    if (error instanceof ReadError) return unknown('no-access', error.message);
    throw error;
  }
}

/** kubelet, and the unit that starts it. */
async function readKubeletAndUnit(host: Host): Promise<Pick<NodeFacts, 'kubelet' | 'unit'>> {
  const running = await readRunning(host);
  return { kubelet: running.kubelet, unit: await findUnit(host, running) };
}

async function layeredMount(
  host: Host,
  { env, cwd }: { env: Record<string, string>; cwd: string },
  path: Fact<KubeletPath>,
): Promise<Fact<LayeredMount>> {
  const chain = await followMount(host, env, cwd);
  if (!chain.known) return chain;
  const layer = path.known ? layerOf(chain.value.entry, path.value) : 'system';
  return known({ ...chain.value, layer }, chain.evidence);
}

/** The program that NixOS's security wrapper runs; its path is in the wrapper or beside it. */
async function readCsiMount(host: Host): Promise<Fact<string>> {
  const wrapper = '/run/wrappers/bin/mount';
  const beside = await orNull(host.readText(`${wrapper}.real`, 4096));
  if (beside?.startsWith('/')) return known(beside.trim(), `${wrapper}.real`);
  const head = await orNull(host.readHead(wrapper, 1_000_000));
  if (!head) return unknown('not-found', `there is no ${wrapper}`);
  const target = /\/nix\/store\/[0-9a-z]{32}-util-linux[^\0"]*\/bin\/mount/.exec(
    head.toString('latin1'),
  )?.[0];
  return target
    ? known(target, wrapper)
    : unknown('not-understood', `${wrapper} does not name the program that it wraps`);
}

type Tested = Pick<Facts, 'utilLinux' | 'libmount' | 'patches' | 'probe'>;

const untested = (fact: Unknown, libmount: Tested['libmount'] = fact): Tested => ({
  utilLinux: fact,
  libmount,
  patches: fact,
  probe: fact,
});

/** Asks the mount for its version, Nix for its patches, and tests it; all at once. */
async function testMount(
  host: Host,
  node: NodeFacts,
  advisory: Advisory,
  { live, signal }: Examining,
): Promise<Tested> {
  const { kubelet, unit } = node;
  const effective = effectiveMount(node);
  if (!effective.known) {
    const { code, text } = effective.reason;
    // A kubelet that runs but cannot be inspected: weaker evidence must not replace it.
    if (kubelet.known || kubelet.unreadable) return untested(unreadable(code, text));
    if (unit.known) return untested(effective);
    const nothing =
      'cannot determine which mount kubelet would use: no kubelet is running and the system has no kubelet unit';
    return untested(unknown('no-kubelet', nothing));
  }
  const { mount, env, libmount, version, steps } = effective.value;
  if (!live) {
    return untested(unknown('not-applicable', 'not run: the system is not running'), version);
  }
  const [versions, patches, { outcome }] = await Promise.all([
    readMountVersion(host, mount, env),
    readDerivation(host, libmount.known ? libmount.value : (steps.at(-1) ?? mount), advisory, signal),
    probe(host, { mount, env }, advisory, signal),
  ]);
  return {
    utilLinux: versions.utilLinux,
    libmount: versions.libmount.known ? versions.libmount : version,
    patches,
    probe: outcome,
  };
}

function forceMount2(
  effective: Fact<LayeredMount>,
  { environment: { variable } }: Advisory,
): Facts['forceMount2'] {
  if (!effective.known) return effective;
  const value = effective.value.env[variable];
  return value === undefined
    ? unknown('not-set', `${variable} is not set for kubelet's mount`)
    : known(value, "the environment of kubelet's mount");
}
