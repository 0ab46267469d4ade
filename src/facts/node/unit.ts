/** The systemd unit that runs kubelet: its environment and its program (systemd.unit(5), systemd.exec(5)). */
import { type Host, ReadError } from '../../host/host.ts';
import { parseEnvironmentFile, splitWords, unitLines } from './unit-syntax.ts';

export interface Unit {
  name: string;
  /** the files that it is read from, in order */
  files: string[];
  env: Record<string, string>;
  /** the program of ExecStart and its arguments; empty where there is none */
  exec: string[];
}

const fileLimit = 1_000_000;

/** Where units are, the first wins; NixOS has all of them under /etc. */
const directories = [
  '/etc/systemd/system',
  '/run/systemd/system',
  '/usr/local/lib/systemd/system',
  '/usr/lib/systemd/system',
  '/lib/systemd/system',
];

/** The units that run a kubelet, in the distributions that are known. */
export const kubeletUnits = [
  'k0s',
  'k0sworker',
  'k0scontroller',
  'k3s',
  'k3s-agent',
  'rke2-agent',
  'rke2-server',
  'kubelet',
] as const;

/**
 * Reads a unit with its drop-ins from the files of a system.
 * @param places the directories of units, the first wins
 * @returns null where there is no such unit
 */
export async function readUnit(
  host: Host,
  name: string,
  places: readonly string[] = directories,
): Promise<Unit | null> {
  const texts = await unitTexts(host, name, places);
  if (texts.length === 0) return null;
  const unit = parseUnit(name, texts);
  for (const { file, optional } of unit.environmentFiles) {
    const text = await textOf(host, file);
    if (text !== null) Object.assign(unit.env, parseEnvironmentFile(text));
    else if (!optional) unit.files.push(`${file} (cannot be read)`);
  }
  const { environmentFiles: _, ...rest } = unit;
  return rest;
}

interface UnitText {
  file: string;
  text: string;
}

/** The unit's own file, then its drop-ins sorted by name; one of the same name in an earlier place hides others. */
async function unitTexts(host: Host, name: string, places: readonly string[]): Promise<UnitText[]> {
  const texts: UnitText[] = [];
  for (const directory of places) {
    const file = `${directory}/${name}.service`;
    const text = await textOf(host, file);
    if (text === null) continue;
    texts.push({ file, text });
    break;
  }
  const dropIns = new Map<string, string>();
  for (const directory of places.toReversed()) {
    const at = `${directory}/${name}.service.d`;
    for (const file of await host.readDirectory(at).catch(() => [])) {
      if (file.endsWith('.conf')) dropIns.set(file, `${at}/${file}`);
    }
  }
  for (const [, file] of [...dropIns].sort(([one], [other]) => (one < other ? -1 : 1))) {
    const text = await textOf(host, file);
    if (text !== null) texts.push({ file, text });
  }
  // A unit that consists of drop-ins alone is none: systemd refuses to start it.
  return texts[0]?.file.endsWith(`/${name}.service`) ? texts : [];
}

async function textOf(host: Host, file: string): Promise<string | null> {
  try {
    return await host.readText(file, fileLimit);
  } catch (error) {
    if (error instanceof ReadError) return null;
    throw error;
  }
}

type ParsedUnit = Unit & { environmentFiles: { file: string; optional: boolean }[] };

/** Merges a unit's file and its drop-ins; an empty assignment takes back what came before it. */
export function parseUnit(name: string, texts: UnitText[]): ParsedUnit {
  const unit: ParsedUnit = {
    name,
    files: texts.map(({ file }) => file),
    env: {},
    exec: [],
    environmentFiles: [],
  };
  for (const { text } of texts) {
    for (const { section, key, value } of unitLines(text)) {
      if (section !== 'Service') continue;
      if (key === 'Environment') {
        if (value === '') unit.env = {};
        for (const word of splitWords(value)) {
          const equals = word.indexOf('=');
          if (equals > 0) unit.env[word.slice(0, equals)] = word.slice(equals + 1);
        }
      }
      if (key === 'EnvironmentFile') {
        if (value === '') unit.environmentFiles = [];
        else unit.environmentFiles.push({ file: value.replace(/^-/, ''), optional: value.startsWith('-') });
      }
      if (key === 'UnsetEnvironment')
        for (const word of splitWords(value)) delete unit.env[word.split('=')[0] ?? ''];
      if (key === 'ExecStart') {
        // The prefixes @ - : + ! are systemd's, not the program's (systemd.service(5)).
        const [program = '', ...args] = splitWords(value.replace(/^[@:+!-]+/, ''));
        unit.exec = value === '' ? [] : [program, ...args];
      }
    }
  }
  return unit;
}
