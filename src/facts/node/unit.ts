/** The systemd unit that runs kubelet: its environment and its program (systemd.unit(5), systemd.exec(5)). */
import { type Host, orNull } from '../../host/host.ts';
import { parseAssignments, parseEnvironmentFile, serviceSettings, splitWords } from './unit-syntax.ts';

export interface Unit {
  name: string;
  /** the files that it is read from, in order */
  files: string[];
  env: Record<string, string>;
  /** with a leading minus for one that may be missing */
  environmentFiles: string[];
  /** the program of ExecStart and its arguments; empty if there is none */
  exec: string[];
}

const fileLimit = 1_000_000;

/** Directories of units, the first wins; NixOS has all of them under /etc. */
const directories = [
  '/etc/systemd/system',
  '/run/systemd/system',
  '/usr/local/lib/systemd/system',
  '/usr/lib/systemd/system',
  '/lib/systemd/system',
];

/**
 * Reads a unit with its drop-ins from the files of a system.
 * @param places the directories of units, the first wins
 * @returns null if there is no such unit
 */
export async function readUnit(host: Host, name: string, places = directories): Promise<Unit | null> {
  const texts = await unitTexts(host, name, places);
  if (texts.length === 0) return null;
  const unit = parseUnit(name, texts);
  for (const word of unit.environmentFiles) {
    const file = word.replace(/^-/, '');
    const text = await orNull(host.readText(file, fileLimit));
    if (text !== null) Object.assign(unit.env, parseEnvironmentFile(text));
    else if (file === word) unit.files.push(`${file} (cannot be read)`);
  }
  return unit;
}

interface UnitText {
  file: string;
  text: string;
}

/** The unit's own file, then its drop-ins sorted by name; one of the same name in an earlier place hides others. */
async function unitTexts(host: Host, name: string, places: string[]): Promise<UnitText[]> {
  const own = places.map((place) => `${place}/${name}.service`);
  const [unit] = await existing(host, own);
  // Drop-ins alone make no unit: systemd refuses to start it.
  if (!unit) return [];
  const dropIns: Record<string, string> = {};
  for (const place of places.toReversed()) {
    const directory = `${place}/${name}.service.d`;
    for (const file of (await orNull(host.readDirectory(directory))) ?? []) {
      if (file.endsWith('.conf')) dropIns[file] = `${directory}/${file}`;
    }
  }
  const sorted = Object.keys(dropIns).sort();
  return [
    unit,
    ...(await existing(
      host,
      sorted.map((file) => dropIns[file] ?? ''),
    )),
  ];
}

async function existing(host: Host, files: string[]): Promise<UnitText[]> {
  const texts = await Promise.all(files.map((file) => orNull(host.readText(file, fileLimit))));
  return files.flatMap((file, index) => {
    const text = texts[index] ?? null;
    return text === null ? [] : [{ file, text }];
  });
}

/** Merges a unit's file and its drop-ins; an empty assignment clears what came before it. */
export function parseUnit(name: string, texts: UnitText[]): Unit {
  const files = texts.map(({ file }) => file);
  const unit: Unit = { name, files, env: {}, environmentFiles: [], exec: [] };
  for (const [key, value] of texts.flatMap(({ text }) => serviceSettings(text))) assign(unit, key, value);
  return unit;
}

function assign(unit: Unit, key: string, value: string): void {
  switch (key) {
    case 'Environment':
      unit.env = value === '' ? {} : { ...unit.env, ...parseAssignments(splitWords(value)) };
      break;
    case 'EnvironmentFile':
      unit.environmentFiles = value === '' ? [] : [...unit.environmentFiles, value];
      break;
    case 'UnsetEnvironment':
      for (const word of splitWords(value)) delete unit.env[word.split('=')[0] ?? ''];
      break;
    case 'ExecStart':
      // The prefixes @ - : + ! are systemd's, not the program's (systemd.service(5)).
      unit.exec = splitWords(value.replace(/^[@:+!-]+/, ''));
  }
}
