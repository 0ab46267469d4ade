/** The unit that starts kubelet: everything that needs it asks here. */
import type { Process } from '../../distributions/distribution.ts';
import { isProgramOf } from '../../distributions/identify.ts';
import { type DistributionName, distributions, kubeletUnits } from '../../distributions/index.ts';
import type { Host } from '../../host/host.ts';
import { type Fact, known, unknown, unreadable } from '../fact.ts';
import { untrustedAmong } from '../mount/trusted.ts';
import type { Kubelet, Running } from './kubelet.ts';
import { isStartedBy } from './starts.ts';
import { type LoadedUnit, showUnits } from './systemctl.ts';
import { assignedIn, readUnit, type Unit, unitOf } from './unit.ts';
import { enabledUnits, readAll } from './unit-files.ts';
import { activeUnits, unitsNamedBy } from './unit-names.ts';

type Shown = NonNullable<Awaited<ReturnType<typeof showUnits>>>;

/** A unit with what speaks for it. */
interface Candidate {
  unit: Unit;
  /** it starts the process that was asked for */
  starts: boolean;
  active: boolean;
  enabled: boolean;
}

/** What is looked for. */
interface Wanted {
  /** null if any will do */
  distribution: DistributionName | null;
  /** of the supervisor or kubelet itself; empty if neither runs */
  supervised: readonly Process[];
  /** and those that started it */
  ancestors: readonly Process[];
}

/** What systemd says about the units that usually start kubelet: it can be asked before it is known what runs. */
export const showUsual = (host: Host): Promise<Shown | null> => showUnits(host, kubeletUnits);

/**
 * The unit that started the running kubelet, from the process that supervises it; where none runs, the one that would
 * start it: enabled and active ones come first.
 */
export async function findUnit(host: Host, running: Running, usual = showUsual(host)): Promise<Fact<Unit>> {
  const wanted = wantedBy(running);
  const named = await unitsNamedBy(host, running.lineage);
  const shown = await usual;
  const candidates = shown
    ? await loadedCandidates(host, shown, named, wanted)
    : await candidatesInFiles(host, [...new Set([...named, ...namesOf(wanted)])], wanted);
  const found = candidates.sort((left, right) => weight(right) - weight(left))[0];
  if (found) return believed(host, found.unit);
  const [process] = wanted.supervised;
  return unknown(
    'no-unit',
    process
      ? `no systemd service was found that starts ${process.argv[0]} (pid ${process.pid})`
      : 'the system has no known kubelet unit',
  );
}

/** @returns unreadable when somebody else can change what it is read from: what it says now says little of a restart */
async function believed(host: Host, unit: Unit): Promise<Fact<Unit>> {
  const untrusted = await untrustedAmong(host, [...unit.files, ...unit.environmentFiles]);
  if (untrusted === null) return known(unit, unit.files.join(', '));
  const text = `${untrusted}; so what ${unit.name}.service says was not believed: let only root write there`;
  return unreadable('not-trusted', text);
}

function wantedBy({ kubelet, lineage }: Running): Wanted {
  const own = kubelet.known && !isOrphan(kubelet.value) ? kubelet.value.lineage.length : 1;
  const orphaned = kubelet.known && isOrphan(kubelet.value);
  return {
    distribution: kubelet.known ? kubelet.value.distribution : null,
    supervised: orphaned ? [] : lineage.slice(0, own),
    ancestors: lineage.slice(own),
  };
}

/** Its supervisor has ended: k0s' and rke2's kubelet is never what their unit starts. */
const isOrphan = ({ distribution, lineage }: Kubelet): boolean =>
  lineage.length === 1 && !isProgramOf(distribution, lineage[0]);

const namesOf = ({ distribution }: Wanted): readonly string[] =>
  distribution === null ? kubeletUnits : distributions[distribution].units;

/** Which process a unit starts outweighs that it is active, and that outweighs that it is enabled. */
const weight = ({ starts, active, enabled }: Candidate): number =>
  (starts ? 4 : 0) + (active ? 2 : 0) + (enabled ? 1 : 0);

const isActive = /^(?:active|activating|reloading|deactivating)$/;
const isEnabled = /^(?:enabled|linked|static|generated|transient|alias)/;

/** Units of other names are asked for only where none of the usual ones starts the process. */
async function loadedCandidates(
  host: Host,
  usual: Shown,
  named: readonly string[],
  wanted: Wanted,
): Promise<Candidate[]> {
  const found = await candidatesIn(host, usual, wanted);
  const others = named.filter((name) => !kubeletUnits.includes(name));
  if (others.length === 0 || found.some(({ starts }) => starts)) return found;
  const shown = await showUnits(host, others);
  return shown ? [...(await candidatesIn(host, shown, wanted)), ...found] : found;
}

async function candidatesIn(
  host: Host,
  { units, inherited }: Shown,
  { distribution, supervised, ancestors }: Wanted,
): Promise<Candidate[]> {
  const found: Candidate[] = [];
  for (const each of units) {
    if (each.load !== 'loaded' || each.program === null) continue;
    if (found.some(({ unit }) => unit.name === each.name)) continue;
    const main = (processes: readonly Process[]): boolean =>
      processes.some(({ pid }) => pid === each.mainPid);
    // systemd knows what it started: a process that is none of that is not this unit's.
    if (supervised.length > 0 && !main(supervised) && !main(ancestors)) continue;
    const unit = await asUnit(host, each, inherited);
    const ofDistribution =
      unit.distribution !== null && (distribution === null || unit.distribution === distribution);
    const starts = main(supervised) || (ofDistribution && main(ancestors));
    if (!starts && (supervised.length > 0 || !ofDistribution)) continue;
    found.push({
      unit: distribution === null ? unit : { ...unit, distribution },
      starts,
      active: isActive.test(each.active),
      enabled: isEnabled.test(each.enabled),
    });
  }
  return found;
}

/** As systemd has it in memory: that is what a restart gives, whatever the files say since. */
async function asUnit(host: Host, loaded: LoadedUnit, inherited: Unit['inherited']): Promise<Unit> {
  const { name, program, commandLine, env, environmentFiles, unset } = loaded;
  const texts = await readAll(host, loaded.files);
  const assigned = await assignedIn(host, name, texts);
  const [, ...args] = assigned.exec;
  const asLoaded = commandLine.split(' ').slice(1);
  // systemctl joins the words; the files separate them, where they are still the same.
  const same = args.join(' ') === asLoaded.join(' ');
  const exec = program === null ? [] : [program, ...(same ? args : asLoaded)];
  const substitutes = same ? assigned.substitutes : true;
  const files = loaded.files.map((file) => ({ file, text: '' }));
  return unitOf(host, name, files, { env, inherited, environmentFiles, unset, exec, substitutes });
}

async function candidatesInFiles(
  host: Host,
  names: readonly string[],
  { distribution, supervised }: Wanted,
): Promise<Candidate[]> {
  const [active, enabled] = await Promise.all([activeUnits(host), enabledUnits(host)]);
  const found: Candidate[] = [];
  for (const name of names) {
    const unit = await readUnit(host, name);
    if (!unit || unit.exec.length === 0 || found.some((each) => each.unit.name === unit.name)) continue;
    const top = supervised.at(-1);
    const starts = top !== undefined && (await isStartedBy(host, top, unit));
    const ofDistribution = unit.distribution !== null && [unit.distribution, null].includes(distribution);
    if (!starts && !ofDistribution) continue;
    found.push({
      unit: distribution === null ? unit : { ...unit, distribution },
      starts,
      active: active.has(unit.name),
      enabled: enabled.has(unit.name),
    });
  }
  return found;
}

/**
 * The unit of another system that would start the same kubelet.
 * @param place its directory of units
 * @param like the unit of this system; null if it has none
 */
export async function findUnitIn(host: Host, place: string, like: Unit | null): Promise<Unit | null> {
  const enabled = await enabledUnits(host, [place]);
  const names = like ? [like.name, ...namesOf({ ...nobody, distribution: like.distribution })] : kubeletUnits;
  const role = like && roleOf(like);
  const found: Candidate[] = [];
  for (const name of new Set(names)) {
    const unit = await readUnit(host, name, [place]);
    if (!unit || unit.exec.length === 0 || unit.distribution === null) continue;
    if (like && unit.distribution !== like.distribution) continue;
    found.push({
      unit,
      starts: role !== null && roleOf(unit) === role,
      active: name === like?.name,
      enabled: enabled.has(unit.name),
    });
  }
  return found.sort((left, right) => weight(right) - weight(left))[0]?.unit ?? null;
}

const nobody = { supervised: [], ancestors: [] };

/** The role that a unit's command line names. */
const roleOf = ({ distribution, exec }: Unit): string | null =>
  distribution === null ? null : distributions[distribution].roleIn(exec);
