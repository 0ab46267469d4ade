/** The facts of `check` and `generate` from a lock file: what the nixpkgs that it pins say. */
import { advisory } from '../advisory/index.ts';
import { distributions } from '../distributions/index.ts';
import { UserError } from '../errors.ts';
import { unreadable } from '../facts/fact.ts';
import { type Facts, type NixpkgsFacts, noFacts, unreadNixpkgs } from '../facts/facts.ts';
import { isUsual, type Lock, type PackagedPin, type PinnedNixpkgs } from '../facts/nixpkgs/locks/lock.ts';
import type { SystemRequest } from '../remedy/system.ts';
import { printable } from '../text/escape.ts';
import type { Advice } from '../verdict/advice.ts';
import { judge } from '../verdict/judge.ts';
import type { Note } from '../verdict/notes.ts';
import { isGood } from '../verdict/states.ts';
import type { Verdict } from '../verdict/verdict.ts';
import { commandLine } from './command-line.ts';
import { type Context, hostFor } from './context.ts';
import { readRevisionFacts } from './revision.ts';
import type { SystemOptions } from './system-options.ts';

interface LockFound {
  facts: Partial<Facts>;
  notes: Note[];
  /** the commands that decide, where the lock file alone cannot */
  choices: Advice[];
  /** the unit that the pinned flake's module makes, if that is known */
  request: SystemRequest;
}

/** @throws {UserError} when there is no lock file, or --input names nothing in it */
export async function fromLock(
  context: Context,
  options: SystemOptions,
  option: '--flake-lock' | '--lock',
  given: string,
): Promise<LockFound> {
  const { readLock } = await import('../facts/nixpkgs/locks/read.ts');
  const preferred = option === '--flake-lock' ? 'flake' : 'other';
  const { file, lock } = await readLock(hostFor(context, options), given, preferred);
  if (!lock.known) return { facts: unreadNixpkgs(lock), notes: [], choices: [], request: {} };
  const { packaged } = lock.value;
  const unit = packaged && unitOf(packaged);
  const pins =
    options.input === undefined ? candidates(lock.value) : [named(lock.value, options.input, file)];
  const judged = await Promise.all(
    pins.map(async (pin) => {
      const facts = await factsOf(context, options, pin);
      return { pin, facts, verdict: judge({ ...noFacts(), ...facts }, advisory) };
    }),
  );
  const again = (pin: PinnedNixpkgs): Advice => ({
    code: 'choose-input',
    text: whenBuiltFrom(pin, packaged),
    command: commandLine([...context.argv, '--input', pin.input]),
  });
  const [first, ...others] = judged;
  const notes = unit ? [unit.note] : [];
  const request = packaged && unit?.name ? { distribution: packaged.distribution, unit: unit.name } : {};
  if (!first) {
    const facts = unreadNixpkgs(unreadable('not-understood', noneIn(lock.value, file)));
    return { facts, notes, choices: lock.value.all.slice(0, 5).map(again), request };
  }
  const differing = others.filter(({ verdict }) => !agree(first.verdict, verdict));
  // A usual name says enough to call it affected, and never enough to call it fixed.
  const settled =
    differing.length === 0 ||
    (first.verdict.state === 'affected' && !concerns(differing, packaged) && isUsual(first.pin));
  if (settled) {
    return {
      facts: first.facts,
      notes: [...notes, ...othersNote(judged)],
      choices: [],
      request,
    };
  }
  const each = judged.map(
    ({ pin, verdict }) => `${described(pin)}: ${verdict.state.replace('-', ' ')}, ${verdict.because}`,
  );
  const text = `${file} pins more than one nixpkgs, and they differ: ${each.join('; ')}`;
  return {
    facts: unreadNixpkgs(unreadable('inconclusive', text)),
    notes,
    choices: judged.map(({ pin }) => again(pin)),
    request,
  };
}

type Judged = { pin: PinnedNixpkgs; verdict: Verdict };

/** What the system, or a distribution's package in it, may be built from. */
function candidates({ system, packaged, all }: Lock): PinnedNixpkgs[] {
  const direct = system.length > 0 ? system : packaged ? [] : all.length === 1 ? all : [];
  const own = packaged && !direct.some(({ revision }) => revision === packaged.pin.revision);
  return own ? [...direct, packaged.pin] : direct;
}

/** @throws {UserError} */
function named(lock: Lock, input: string, file: string): PinnedNixpkgs {
  const pin = lock.at(input);
  if (pin) return pin;
  const names = lock.all.map((known) => known.input).join(', ');
  throw new UserError(
    `--input "${printable(input)}": ${file} pins no such nixpkgs; ${names === '' ? 'it pins none' : `it pins ${names}`}`,
  );
}

async function factsOf(context: Context, options: SystemOptions, pin: PinnedNixpkgs): Promise<NixpkgsFacts> {
  const { input, revision, elsewhere } = pin;
  if (revision === null)
    return unreadNixpkgs(unreadable('not-understood', `${input}: the lock file names no commit of it`));
  if (elsewhere === null) return readRevisionFacts(context, options, revision);
  const text = `${input} is from ${printable(elsewhere)}, not NixOS/nixpkgs: give a checkout of it with --nixpkgs, or look its commit up in NixOS/nixpkgs all the same with --rev ${revision}`;
  return unreadNixpkgs(unreadable('not-applicable', text));
}

const agree = (left: Verdict, right: Verdict): boolean =>
  left.state !== 'undetermined' &&
  right.state !== 'undetermined' &&
  isGood(left.state) === isGood(right.state);

/** Whether what differs is the nixpkgs that a distribution's package may be built from. */
const concerns = (differing: Judged[], packaged: PackagedPin | null): boolean =>
  differing.some(({ pin }) => pin.input === packaged?.pin.input);

const described = ({ input, revision }: PinnedNixpkgs): string =>
  revision === null ? input : `${input} (${revision.slice(0, 12)})`;

function othersNote(judged: Judged[]): Note[] {
  const [first, ...others] = judged;
  if (!first || others.length === 0) return [];
  const states = others.map(({ pin, verdict }) => `${described(pin)} (${verdict.state.replace('-', ' ')})`);
  const text = `${described(first.pin)} was checked; also pinned: ${states.join(', ')}. If the system is built from another, name it with --input`;
  return [{ code: 'other-nixpkgs', text }];
}

/** When the verdict about a nixpkgs is the one that counts. */
function whenBuiltFrom(pin: PinnedNixpkgs, packaged: PackagedPin | null): string {
  if (!packaged) return `if the system is built from ${described(pin)}`;
  const { flakePackage } = distributions[packaged.distribution];
  const how = pin.input === packaged.pin.input ? flakePackage?.own(packaged.input) : flakePackage?.system;
  return how ?? `if the package is built from ${described(pin)}`;
}

/** The unit that the pinned flake's module makes, by its day. */
function unitOf({ distribution, input, date }: PackagedPin): { name: string | null; note: Note } | null {
  const renamed = distributions[distribution].flakePackage?.renamedUnit;
  if (!renamed || date === null) return null;
  const isNew = date >= renamed.since;
  const former = distributions[distribution].units.filter((name) => name !== renamed.name).join(' or ');
  const names = isNew ? renamed.name : `${former} (${renamed.name} since ${renamed.since})`;
  const text = `input ${input} is pinned at ${date}: its module calls the unit ${names}`;
  return { name: isNew ? renamed.name : null, note: { code: 'pinned-unit', text } };
}

function noneIn({ all }: Lock, file: string): string {
  if (all.length === 0) return `${file}: pins no nixpkgs`;
  const names = all.slice(0, 5).map(({ input }) => input);
  return `${file}: the root itself pins no nixpkgs; name one with --input: ${names.join(', ')}`;
}
