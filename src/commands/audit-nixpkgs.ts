/** The nixpkgs that a configuration is built from, judged as `check` judges it. */
import path from 'node:path';
import { advisory } from '../advisory/index.ts';
import { UserError } from '../errors.ts';
import { locksFor, type PinFile } from '../facts/configuration/locks.ts';
import type { Configuration } from '../facts/configuration/read.ts';
import type { Sighting } from '../facts/configuration/sighting.ts';
import { noFacts } from '../facts/facts.ts';
import type { Advice } from '../verdict/advice.ts';
import type { JudgedNixpkgs } from '../verdict/audit-costs.ts';
import { judge } from '../verdict/judge.ts';
import type { Context } from './context.ts';
import type { SystemOptions } from './system-options.ts';

export interface Nixpkgs {
  /** what a sighting may be built from; empty if that is not known */
  of(sighting: Sighting): JudgedNixpkgs[];
  /** each that was judged */
  all: JudgedNixpkgs[];
  /** the commands that decide, where the lock files alone do not */
  choices: Advice[];
}

/** Without a sighting, no lock file is judged: nothing is asked of the network. */
export async function nixpkgsOf(
  context: Context,
  options: SystemOptions,
  directory: string,
  configuration: Configuration,
): Promise<Nixpkgs> {
  const { locks, sightings } = configuration;
  const { channel, utilLinux, nixpkgs, flakeLock, lock, rev, input } = options;
  if ([channel, utilLinux, nixpkgs, flakeLock, lock, rev].some((option) => option !== undefined)) {
    const { gather } = await import('./gather.ts');
    const { facts, verdict } = await gather(context, options);
    const revision = facts.revision.known ? facts.revision.value : null;
    const only = {
      lock: flakeLock ?? lock ?? null,
      input: input ?? null,
      revision,
      date: null,
      verdict,
      facts,
    };
    return { of: () => [only], all: [only], choices: verdict.toConfirm };
  }
  const needed = new Set(sightings.flatMap(({ file }) => locksFor(file, locks)));
  if (input !== undefined && locks.length === 0)
    throw new UserError('--input names an input of a lock file, and the directory has none');
  const judged = new Map<PinFile, JudgedNixpkgs>();
  const choices: Advice[] = [];
  for (const each of needed) {
    const found = await judgeLock(context, options, directory, each, configuration);
    judged.set(each, found.nixpkgs);
    choices.push(...found.choices);
  }
  const of = ({ file }: Sighting): JudgedNixpkgs[] =>
    locksFor(file, locks).flatMap((each) => judged.get(each) ?? []);
  return { of, all: [...judged.values()], choices };
}

async function judgeLock(
  context: Context,
  options: SystemOptions,
  directory: string,
  pinned: PinFile,
  { only }: Configuration,
): Promise<{ nixpkgs: JudgedNixpkgs; choices: Advice[] }> {
  const { fromLock } = await import('./lock.ts');
  const input = options.input ?? mainInput(pinned, only);
  const option = pinned.isFlake ? '--flake-lock' : '--lock';
  const chosen = input === undefined ? options : { ...options, input };
  const { facts: found, choices } = await fromLock(
    context,
    chosen,
    option,
    path.join(directory, pinned.file),
  );
  const facts = { ...noFacts(), ...found };
  const verdict = judge(facts, advisory);
  const pin = pinned.lock.known
    ? input === undefined
      ? pinned.lock.value.system[0]
      : pinned.lock.value.at(input)
    : null;
  return {
    nixpkgs: {
      ...{ lock: pinned.file, input: pin?.input ?? null, revision: pin?.revision ?? null },
      ...{ date: pin?.date ?? null, verdict, facts },
    },
    choices,
  };
}

/** The input that is left when those that are there for util-linux alone are not counted; undefined if several are. */
function mainInput({ lock }: PinFile, only: ReadonlySet<string>): string | undefined {
  if (!lock.known || lock.value.packaged !== null) return undefined;
  const left = lock.value.system.filter(({ input }) => !only.has(input));
  return left.length === 1 && left.length < lock.value.system.length ? left[0]?.input : undefined;
}
