/** The systemd unit that runs kubelet: its environment and its program (systemd.unit(5), systemd.exec(5)). */
import type { DistributionName } from '../../distributions/index.ts';
import { type Host, orNull } from '../../host/host.ts';
import { parseEnvironmentFile } from './environment-file.ts';
import { filesMatching } from './glob.ts';
import { specifiersFor } from './specifiers.ts';
import { distributionStartedBy } from './starts.ts';
import { findUnitFiles, readDefaultEnvironment, type UnitText, unitDirectories } from './unit-files.ts';
import {
  parseAssignments,
  serviceSettings,
  splitWords,
  substituteVariables,
  unsetVariables,
} from './unit-syntax.ts';

export interface Unit {
  /** without .service */
  name: string;
  /** the files that it is read from, in order */
  files: string[];
  /** the paths of its environment files, whether they exist or not; of a pattern, its directory too */
  environmentFiles: string[];
  env: Record<string, string>;
  /** what every service gets that does not set it itself */
  inherited: Record<string, string>;
  /** the program of ExecStart and its arguments; empty if there is none */
  exec: string[];
  /** whose program it starts; null if it is of none that is known */
  distribution: DistributionName | null;
}

/** What a unit's files assign, before its environment files are read. */
export interface Assigned {
  env: Record<string, string>;
  /** with a leading minus for one that may be missing */
  environmentFiles: string[];
  /** names, or NAME=VALUE */
  unset: string[];
  /** the program and its arguments, before variables are replaced */
  exec: string[];
  /** whether variables are replaced in the arguments */
  substitutes: boolean;
}

const fileLimit = 1_000_000;

/**
 * Reads a unit with its drop-ins from the files of a system.
 * @param places the directories of units, the first wins
 * @returns null if there is no such unit, or it is masked
 */
export async function readUnit(
  host: Host,
  asked: string,
  places: readonly string[] = unitDirectories,
): Promise<Unit | null> {
  const found = await findUnitFiles(host, asked, places);
  if (!found || found.masked) return null;
  const { name, texts } = found;
  const [assigned, inherited] = await Promise.all([
    assignedIn(host, name, texts),
    readDefaultEnvironment(host, places),
  ]);
  return unitOf(host, name, texts, { ...assigned, inherited });
}

/** What a unit's texts assign, with specifiers replaced. */
export async function assignedIn(host: Host, name: string, texts: readonly UnitText[]): Promise<Assigned> {
  const settings = texts.flatMap(({ text }) => serviceSettings(text));
  const values = settings.map(([, value]) => value);
  return parseUnit(texts, await specifiersFor(host, { name, file: texts[0]?.file ?? '' }, values));
}

/** A path without its first component that is a pattern, and those after it (glob(7)). */
const fixedPart = (pattern: string): string => pattern.replace(/\/[^/]*[*?[].*$/s, '') || '/';

/** Adds the environment files, in order, and takes away what is unset. */
export async function unitOf(
  host: Host,
  name: string,
  texts: readonly UnitText[],
  { env, inherited, environmentFiles, unset, exec, substitutes }: Assigned & Pick<Unit, 'inherited'>,
): Promise<Unit> {
  const files = texts.map(({ file }) => file);
  const given = { ...env };
  const named: string[] = [];
  for (const word of environmentFiles) {
    const optional = word.startsWith('-');
    const pattern = word.replace(/^-/, '');
    const matching = await filesMatching(host, pattern);
    named.push(fixedPart(pattern), ...matching);
    const read = await Promise.all(matching.map((file) => orNull(host.readText(file, fileLimit))));
    for (const text of read) if (text !== null) Object.assign(given, parseEnvironmentFile(text));
    if (!optional && !read.some((text) => text !== null)) files.push(`${word} (cannot be read)`);
  }
  const final = unsetVariables(given, unset);
  const kept = unsetVariables(inherited, unset);
  const [program = '', ...words] = exec;
  const args = substitutes ? substituteVariables(words, { ...kept, ...final }) : words;
  const started = { name, exec: exec.length === 0 ? [] : [program, ...args] };
  return {
    ...started,
    files,
    environmentFiles: named,
    env: final,
    inherited: kept,
    distribution: await distributionStartedBy(host, started),
  };
}

/** Merges a unit's file and its drop-ins; an empty assignment clears what came before it. */
export function parseUnit(
  texts: readonly UnitText[],
  expand = (text: string): string => text.replaceAll('%%', '%'),
): Assigned {
  const unit: Assigned = { env: {}, environmentFiles: [], unset: [], exec: [], substitutes: true };
  const words = (value: string): string[] => splitWords(value).map(expand);
  for (const [key, value] of texts.flatMap(({ text }) => serviceSettings(text))) {
    switch (key) {
      case 'Environment':
        unit.env = value === '' ? {} : { ...unit.env, ...parseAssignments(words(value)) };
        break;
      case 'EnvironmentFile':
        unit.environmentFiles = value === '' ? [] : [...unit.environmentFiles, expand(value)];
        break;
      case 'UnsetEnvironment':
        unit.unset = value === '' ? [] : [...unit.unset, ...words(value)];
        break;
      case 'ExecStart':
        Object.assign(unit, commandIn(value, words));
    }
  }
  return unit;
}

/** The prefixes @ - : + ! | are systemd's, not the program's (systemd.service(5), "Command Lines"). */
function commandIn(value: string, words: (text: string) => string[]): Pick<Assigned, 'exec' | 'substitutes'> {
  const [, prefixes = '', command = ''] = /^([@:+!|-]*)(.*)$/s.exec(value) ?? [];
  const [program, ...args] = words(command);
  // After @, the first argument is argv[0].
  const exec = program === undefined ? [] : [program, ...(prefixes.includes('@') ? args.slice(1) : args)];
  return { exec, substitutes: !prefixes.includes(':') };
}
