/** Where systemd finds a unit: its file, its other names, its drop-ins (systemd.unit(5), "Unit File Load Path"). */
import path from 'node:path';
import { type Host, orNull } from '../../host/host.ts';
import { partsOf } from './specifiers.ts';
import { parseAssignments, settingsIn, splitWords } from './unit-syntax.ts';

export interface UnitText {
  file: string;
  text: string;
}

export interface UnitFiles {
  /** the name that it has itself, where it was asked for by another */
  name: string;
  /** disabled by a link to /dev/null or an empty file: systemd does not start it */
  masked: boolean;
  /** its own file first, then its drop-ins in order */
  texts: UnitText[];
}

const fileLimit = 1_000_000;
const mostLinks = 16;

/** Directories of units, the first wins; NixOS has all of them under /etc. */
export const unitDirectories = [
  '/etc/systemd/system.control',
  '/run/systemd/system.control',
  '/run/systemd/transient',
  '/run/systemd/generator.early',
  '/etc/systemd/system',
  '/etc/systemd/system.attached',
  '/run/systemd/system',
  '/run/systemd/system.attached',
  '/run/systemd/generator',
  '/usr/local/lib/systemd/system',
  '/usr/lib/systemd/system',
  '/lib/systemd/system',
  '/run/systemd/generator.late',
];

/** @returns null if there is no such unit; drop-ins alone make none */
export async function findUnitFiles(
  host: Host,
  asked: string,
  places: readonly string[] = unitDirectories,
): Promise<UnitFiles | null> {
  const own = (await ownFile(host, asked, places)) ?? (await ownFile(host, templateOf(asked), places));
  if (!own) return null;
  const { file, name: found, masked, text } = own;
  // An instance of a template keeps its own name.
  const name = found.endsWith('@') ? `${found}${partsOf(asked).instance}` : found;
  if (masked) return { name, masked, texts: [] };
  const dropIns = await dropInsOf(host, name === asked ? [name] : [asked, name], places);
  return { name, masked, texts: [{ file, text }, ...(await readAll(host, dropIns))] };
}

/** The texts of files, without those that cannot be read. */
export async function readAll(host: Host, files: readonly string[]): Promise<UnitText[]> {
  const texts = await Promise.all(files.map((file) => orNull(host.readText(file, fileLimit))));
  return files.flatMap((file, index) => {
    const text = texts[index] ?? null;
    return text === null ? [] : [{ file, text }];
  });
}

const templateOf = (name: string): string => `${partsOf(name).prefix}@`;

async function ownFile(
  host: Host,
  name: string,
  places: readonly string[],
): Promise<(UnitText & { name: string; masked: boolean }) | null> {
  for (const place of places) {
    const file = `${place}/${name}.service`;
    const { end, names } = await followed(host, file);
    if (end === '/dev/null') return { file, name, masked: true, text: '' };
    const text = await orNull(host.readText(file, fileLimit));
    if (text === null) continue;
    // A link to a unit of another name is another name for it; in a store each has the same.
    return { file, name: names.at(-1) ?? name, masked: text.trim() === '', text };
  }
  return null;
}

/** What a path links to in the end, and the names of units on the way. */
async function followed(host: Host, file: string): Promise<{ end: string; names: string[] }> {
  const names: string[] = [];
  let end = file;
  for (let links = 0; links < mostLinks; links += 1) {
    const target = await orNull(host.readLink(end));
    if (target === null) break;
    end = path.resolve(path.dirname(end), target);
    if (end.endsWith('.service')) names.push(path.basename(end, '.service'));
  }
  return { end, names };
}

/** In which directories drop-ins lie, the most specific first: NAME, its template, the beginnings of its name, all services. */
function dropInNames(name: string): string[] {
  const { prefix, instance } = partsOf(name);
  const beginnings: string[] = [];
  for (let end = prefix.lastIndexOf('-'); end > 0; end = prefix.lastIndexOf('-', end - 1))
    beginnings.push(`${prefix.slice(0, end)}-.service`);
  const template = instance === '' ? [] : [`${prefix}@.service`];
  return [`${name}.service`, ...template, ...beginnings, 'service'];
}

/** Sorted by name; one of the same name in an earlier directory hides others. */
async function dropInsOf(host: Host, names: readonly string[], places: readonly string[]): Promise<string[]> {
  const directories = [...new Set(names.flatMap(dropInNames))].flatMap((name) =>
    places.map((place) => `${place}/${name}.d`),
  );
  return sortedDropIns(host, directories);
}

/** Sorted by name; one of the same name in an earlier directory hides others. */
async function sortedDropIns(host: Host, directories: readonly string[]): Promise<string[]> {
  const listed = await Promise.all(directories.map((directory) => orNull(host.readDirectory(directory))));
  const found = new Map<string, string>();
  for (const [index, directory] of directories.entries()) {
    for (const file of listed[index] ?? []) {
      if (file.endsWith('.conf') && !found.has(file)) found.set(file, `${directory}/${file}`);
    }
  }
  return [...found.keys()].sort().map((file) => found.get(file) ?? '');
}

/** The units that something starts at boot: those linked in a .wants, .requires or .upholds directory. */
export async function enabledUnits(host: Host, places = unitDirectories): Promise<Set<string>> {
  const below = places.map(async (place) => {
    const directories = ((await orNull(host.readDirectory(place))) ?? []).filter((name) =>
      /\.(?:wants|requires|upholds)$/.test(name),
    );
    const lists = directories.map((name) => orNull(host.readDirectory(`${place}/${name}`)));
    return (await Promise.all(lists)).flatMap((names) => names ?? []);
  });
  return new Set((await Promise.all(below)).flat().map((name) => name.replace(/\.service$/, '')));
}

/**
 * What the system's manager gives every service: DefaultEnvironment= (systemd-system.conf(5)).
 * @param places the directories of units; its configuration lies beside them
 */
export async function readDefaultEnvironment(
  host: Host,
  places: readonly string[],
): Promise<Record<string, string>> {
  const beside = [...new Set(places.map((place) => path.dirname(place)))];
  const [own] = await readAll(
    host,
    beside.map((directory) => `${directory}/system.conf`),
  );
  const dropIns = await sortedDropIns(
    host,
    beside.map((directory) => `${directory}/system.conf.d`),
  );
  const texts = [...(own ? [own] : []), ...(await readAll(host, dropIns))];
  let env: Record<string, string> = {};
  for (const [key, value] of texts.flatMap(({ text }) => settingsIn(text, 'Manager'))) {
    if (key === 'DefaultEnvironment')
      env = value === '' ? {} : { ...env, ...parseAssignments(splitWords(value)) };
  }
  return env;
}
