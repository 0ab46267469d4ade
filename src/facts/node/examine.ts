/** Everything that a node tells: from kubelet and its unit to the mount that kubelet runs, and what that mount does. */
import type { Advisory } from '../../advisory/index.ts';
import { type Host, ReadError } from '../../host/host.ts';
import { type Fact, known, unknown, unreadable } from '../fact.ts';
import { type Facts, noFacts } from '../facts.ts';
import { type Leftovers, readLeftovers } from '../leftovers/leftovers.ts';
import { followMount } from '../mount/chain.ts';
import { type ProbeStep, probe } from '../mount/probe.ts';
import { readMountVersion } from '../mount/version.ts';
import { readDerivation } from '../nixpkgs/derivation.ts';
import { type Kubelet, readKubelet, readKubeletEnvironment } from './kubelet.ts';
import { type KubeletPath, kubeletPathOf, layerOf } from './kubelet-path.ts';
import { effectiveMount, type LayeredMount, type NodeFacts } from './node-facts.ts';
import { readSystem, type SystemFacts } from './os.ts';
import { kubeletUnits, readUnit, type Unit } from './unit.ts';

export interface NodeExamination {
  facts: Facts;
  node: NodeFacts;
  probeSteps: ProbeStep[];
}

/**
 * Examines a node; read-only.
 * @param live false for a system that does not run here: nothing is tried on it
 */
export async function examineNode(
  host: Host,
  advisory: Advisory,
  { live, signal }: { live: boolean; signal: AbortSignal },
): Promise<NodeExamination> {
  const [system, kubelet, leftovers] = await Promise.all([
    readSystem(host),
    readKubelet(host),
    readMounts(host),
  ]);
  const unit = await findUnit(host, kubelet);
  const path = unit.known ? await kubeletPathOf(host, unit.value) : null;
  const planned = path
    ? await layered(host, path.env, '/', unit, path)
    : unknown('no unit of a kubelet is known');
  const mount = await runningMount(host, kubelet, unit, path);
  const node: NodeFacts = {
    os: system.os,
    kubelet,
    unit,
    wrapped: path
      ? known(path.wrapped, `the program of ${unit.known ? unit.value.name : ''}`)
      : unknown('no unit is known'),
    mount,
    planned,
    shellMount: live
      ? await followMount(host, { PATH: host.env['PATH'] ?? '' }, host.cwd)
      : unknown('there is no shell'),
    csiMount: await readCsiMount(host),
    leftovers,
  };
  const effective = effectiveMount(node);
  const tried = await tryMount(host, effective, node, advisory, { live, signal });
  return { facts: collect(system, effective, tried, advisory), node, probeSteps: tried.steps };
}

async function readMounts(host: Host): Promise<Fact<Leftovers>> {
  const table = '/proc/self/mountinfo';
  try {
    return known(await readLeftovers(host, table), table);
  } catch (error) {
    if (error instanceof ReadError) return unknown(error.message);
    throw error;
  }
}

/** The unit that kubelet's control group names, else the first known one that is there. */
async function findUnit(host: Host, kubelet: Fact<Kubelet>): Promise<Fact<Unit>> {
  const names = kubelet.known && kubelet.value.unit !== null ? [kubelet.value.unit] : kubeletUnits;
  for (const name of names) {
    const unit = await readUnit(host, name);
    if (unit && (unit.exec.length > 0 || names.length === 1)) return known(unit, unit.files.join(', '));
  }
  return unknown(`there is no unit ${names.join(', ')}`);
}

async function layered(
  host: Host,
  env: Record<string, string>,
  cwd: string,
  unit: Fact<Unit>,
  path: KubeletPath | null,
): Promise<Fact<LayeredMount>> {
  const chain = await followMount(host, env, cwd);
  if (!chain.known) return chain;
  const layer = layerOf(chain.value.entry, unit.known ? unit.value : null, path);
  return known({ ...chain.value, layer }, chain.evidence);
}

async function runningMount(
  host: Host,
  kubelet: Fact<Kubelet>,
  unit: Fact<Unit>,
  path: KubeletPath | null,
): Promise<Fact<LayeredMount>> {
  if (!kubelet.known) return kubelet;
  const environment = await readKubeletEnvironment(host, kubelet.value.pid);
  if (!environment.known) return environment;
  return layered(host, environment.value.env, environment.value.cwd, unit, path);
}

/** The program that NixOS's security wrapper holds, whose path stands in it or beside it. */
async function readCsiMount(host: Host): Promise<Fact<string>> {
  const wrapper = '/run/wrappers/bin/mount';
  const beside = await host.readText(`${wrapper}.real`, 4096).catch(() => null);
  if (beside?.startsWith('/')) return known(beside.trim(), `${wrapper}.real`);
  const head = await host.readHead(wrapper, 1_000_000).catch(() => null);
  if (!head) return unknown(`there is no ${wrapper}`);
  const target = /\/nix\/store\/[0-9a-z]{32}-util-linux[^\0"]*\/bin\/mount/.exec(
    head.toString('latin1'),
  )?.[0];
  return target ? known(target, wrapper) : unknown(`${wrapper} does not tell what it wraps`);
}

interface Tried extends Pick<Facts, 'utilLinux' | 'libmount' | 'patches' | 'probe'> {
  steps: ProbeStep[];
}

/** Asks the mount for its version, Nix for its patches, and tries it; all at once. */
async function tryMount(
  host: Host,
  effective: Fact<LayeredMount>,
  { kubelet, unit }: NodeFacts,
  advisory: Advisory,
  { live, signal }: { live: boolean; signal: AbortSignal },
): Promise<Tried> {
  if (!effective.known) {
    // A kubelet that runs and cannot be looked at: nothing weaker may stand in for it.
    const hidden = kubelet.known || kubelet.unreadable === true;
    const nothing =
      'no kubelet runs here and no unit of one is there, so that it cannot be told which mount kubelet would use';
    const fact = hidden ? unreadable(effective.reason) : unknown(unit.known ? effective.reason : nothing);
    return { utilLinux: fact, libmount: fact, patches: fact, probe: fact, steps: [] };
  }
  const { mount, env, libmount, version, steps: files } = effective.value;
  if (!live) {
    const fact = unknown('nothing is tried on a system that does not run here');
    return { utilLinux: fact, libmount: version, patches: fact, probe: fact, steps: [] };
  }
  const [versions, patches, tried] = await Promise.all([
    readMountVersion(host, mount, env),
    readDerivation(host, libmount.known ? libmount.value : (files.at(-1) ?? mount), advisory, signal),
    probe(host, { mount, env }, advisory, signal),
  ]);
  return {
    utilLinux: versions.utilLinux,
    libmount: versions.libmount.known ? versions.libmount : version,
    patches,
    probe: tried.outcome,
    steps: tried.steps,
  };
}

function collect(
  system: SystemFacts,
  effective: Fact<LayeredMount>,
  tried: Tried,
  advisory: Advisory,
): Facts {
  const { variable } = advisory.environment;
  const value = effective.known ? effective.value.env[variable] : undefined;
  return {
    ...noFacts(),
    channel: system.channel,
    revision: system.revision,
    utilLinux: tried.utilLinux.known || tried.utilLinux.unreadable ? tried.utilLinux : system.packaged,
    libmount: tried.libmount,
    patches: tried.patches,
    probe: tried.probe,
    forceMount2:
      value === undefined
        ? unknown(effective.known ? `${variable} is not set for kubelet's mount` : effective.reason)
        : known(value, "the environment of kubelet's mount"),
  };
}
