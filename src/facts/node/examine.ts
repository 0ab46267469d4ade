/** Examines a node: kubelet, its unit, the mount that kubelet runs, and what that mount does. */
import type { Advisory } from '../../advisory/index.ts';
import { type Host, orNull, ReadError } from '../../host/host.ts';
import { type Fact, known, unknown } from '../fact.ts';
import { type Facts, noFacts, type ProbeOutcome } from '../facts.ts';
import { type Leftovers, readLeftovers } from '../leftovers/leftovers.ts';
import { followMount, type Loaders, type MountChain } from '../mount/chain.ts';
import { probe, testedOf } from '../mount/probe.ts';
import { type Examining, forceMount2, testMount } from './examine-mount.ts';
import { findUnit, showUsual } from './find-unit.ts';
import { type Running, readRunning } from './kubelet.ts';
import { type KubeletPath, kubeletPathOf, layerOf } from './kubelet-path.ts';
import { needsNone } from './no-kubelet.ts';
import { effectiveMount, givesSame, type LayeredMount, type NodeFacts } from './node-facts.ts';
import { readSystem } from './os.ts';
import { packageOf } from './packages.ts';
import { readProcess } from './process.ts';
import { systemMount, withoutFix } from './without-fix.ts';

export interface NodeExamination {
  facts: Facts;
  node: NodeFacts;
}

/** Examines a node; read-only. What does not depend on each other is read at once: people wait for it. */
export async function examineNode(
  host: Host,
  advisory: Advisory,
  examining: Examining,
): Promise<NodeExamination> {
  const loaders: Loaders = new Map();
  const [{ packaged, os, ...system }, kubeletFacts, leftovers, csiMount, shellMount, ownMount] =
    await Promise.all([
      readSystem(host),
      examineKubelet(host, advisory, examining, loaders),
      readMountTable(host),
      readCsiMount(host),
      examining.live
        ? followMount(host, { PATH: host.env['PATH'] ?? '' }, host.cwd, loaders)
        : unknown('not-applicable', 'a system that is not running has no shell'),
      systemMount(host, loaders),
    ]);
  const { tested, noKubelet, ...about } = kubeletFacts;
  const { kubelet } = about;
  // Its mounts cannot be seen from here.
  const isElsewhere = !kubelet.known && kubelet.reason.code === 'other-namespace';
  const left = isElsewhere ? kubelet : leftovers;
  const node: NodeFacts = { os, ...about, leftovers: left, csiMount, shellMount, systemMount: ownMount };
  const { utilLinux } = tested;
  const fromPackage = packageOf(packaged, effectiveProgram(node));
  return {
    facts: {
      ...noFacts(),
      ...system,
      ...tested,
      noKubelet,
      packaged: fromPackage,
      utilLinux: utilLinux.known || utilLinux.unreadable ? utilLinux : versionOf(fromPackage),
      forceMount2: forceMount2(effectiveMount(node), advisory),
    },
    node,
  };
}

interface AboutKubelet
  extends Pick<
      NodeFacts,
      'kubelet' | 'unit' | 'wrapped' | 'mount' | 'planned' | 'plannedProbe' | 'withoutFix' | 'ignored'
    >,
    Pick<Facts, 'noKubelet'> {
  tested: Awaited<ReturnType<typeof testMount>>;
}

/** The mount of a running kubelet is tested while its unit is still being found. */
async function examineKubelet(
  host: Host,
  advisory: Advisory,
  examining: Examining,
  loaders: Loaders,
): Promise<AboutKubelet> {
  const usual = showUsual(host);
  const running = await readRunning(host);
  const { kubelet } = running;
  const chain = runningChain(host, running, loaders);
  const atOnce =
    kubelet.known || kubelet.unreadable
      ? chain.then((effective) => testMount(host, running, effective, advisory, examining))
      : null;
  const unit = await findUnit(host, running, usual);
  const path = unit.known
    ? known(await kubeletPathOf(host, unit.value), `the program of ${unit.value.name}`)
    : unit;
  const noKubelet = needsNone(running, unit);
  const planned = await plannedMount(host, path, noKubelet, loaders);
  const mount = layered(await chain, path);
  const effective = mount.known ? mount : planned;
  const entry = effective.known && effective.value.layer === 'unit' ? effective.value.entry : null;
  const [tested, plannedProbe, reduced] = await Promise.all([
    atOnce ?? testMount(host, running, planned, advisory, examining),
    testPlanned(host, mount, planned, advisory, examining),
    withoutFix(host, unit, entry, advisory, loaders),
  ]);
  const wrapped = path.known ? known(path.value.wrapped, path.evidence) : path;
  const { ignored } = running;
  const about = { kubelet, unit, wrapped, mount, planned, plannedProbe, withoutFix: reduced };
  return { ...about, tested, noKubelet, ignored };
}

async function runningChain(host: Host, { kubelet }: Running, loaders: Loaders): Promise<Fact<MountChain>> {
  if (!kubelet.known) return kubelet;
  const process = await readProcess(host, kubelet.value.pid, kubelet.value.lineage[0]);
  return process.known ? followMount(host, process.value.env, process.value.cwd, loaders) : process;
}

async function plannedMount(
  host: Host,
  path: Fact<KubeletPath>,
  noKubelet: Facts['noKubelet'],
  loaders: Loaders,
): Promise<Fact<LayeredMount>> {
  if (noKubelet.known) return unknown('not-applicable', noKubelet.value);
  return path.known ? layered(await followMount(host, path.value.env, '/', loaders), path) : path;
}

function layered(chain: Fact<MountChain>, path: Fact<KubeletPath>): Fact<LayeredMount> {
  if (!chain.known) return chain;
  const layer = path.known ? layerOf(chain.value.entry, path.value) : 'system';
  return known({ ...chain.value, layer }, chain.evidence);
}

/** What a restart would give kubelet is tested only where it differs from what kubelet has. */
async function testPlanned(
  host: Host,
  mount: Fact<LayeredMount>,
  planned: Fact<LayeredMount>,
  advisory: Advisory,
  { live, signal }: Examining,
): Promise<Fact<ProbeOutcome>> {
  if (!mount.known) return unknown('not-applicable', 'no kubelet runs that could have another mount');
  if (!planned.known) return planned;
  if (givesSame(mount.value, planned.value, advisory))
    return unknown('not-applicable', 'a restart would give kubelet the same mount');
  if (!live) return unknown('not-applicable', 'not run: the system is not running');
  return (await probe(host, testedOf(planned.value), advisory, signal)).outcome;
}

/** The mount that kubelet runs in the end; null if that is not known. */
function effectiveProgram(node: NodeFacts): string | null {
  const effective = effectiveMount(node);
  return effective.known ? (effective.value.steps.at(-1) ?? effective.value.mount) : null;
}

const versionOf = (packaged: Facts['packaged']): Facts['utilLinux'] =>
  packaged.known ? known(packaged.value.version, packaged.evidence) : packaged;

async function readMountTable(host: Host): Promise<Fact<Leftovers>> {
  const table = '/proc/self/mountinfo';
  try {
    return known(await readLeftovers(host, table), table);
  } catch (error) {
    if (error instanceof ReadError) return unknown('no-access', error.message);
    throw error;
  }
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
