/** The systems of a NixOS node: the one that runs, and the one that it boots next. */
import path from 'node:path';
import { type Host, orNull } from '../host/host.ts';

export const profile = '/nix/var/nix/profiles/system';
export const runningSystem = '/run/current-system';

export interface Systems {
  /** in the store; null if this is not NixOS */
  running: string | null;
  /** what the profile links to; null without one */
  next: string | null;
  /** the number of the profile's generation */
  generation: string | null;
}

export async function readSystems(host: Host): Promise<Systems> {
  const [running, link] = await Promise.all([
    orNull(host.readLink(runningSystem)),
    orNull(host.readLink(profile)),
  ]);
  if (link === null) return { running, next: null, generation: null };
  const next = await orNull(host.readLink(path.resolve(path.dirname(profile), link)));
  return { running, next, generation: /^system-(\d+)-link$/.exec(path.basename(link))?.[1] ?? null };
}

export const differs = (link: string, target: string | null, wanted: string | null): string =>
  `${link} is ${target ?? 'missing'}, not ${wanted}`;

/** The name of the specialisation that runs; null for the system itself. */
export async function runningSpecialisation(host: Host, { running, next }: Systems): Promise<string | null> {
  if (next === null || running === null || running === next) return null;
  const directory = `${next}/specialisation`;
  for (const name of (await orNull(host.readDirectory(directory))) ?? []) {
    if ((await orNull(host.readLink(`${directory}/${name}`))) === running) return name;
  }
  return null;
}
