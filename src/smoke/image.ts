/** Chooses the image of the pod: a pause image that is there already, because a node may not be able to pull. */
import path from 'node:path';
import { hasDigest, pauseVersion } from '../cluster/pause-image.ts';
import type { NodeView } from '../cluster/views.ts';
import { optionIn, programOf } from '../distributions/command-line.ts';
import { readKubelet } from '../facts/node/kubelet.ts';
import { type Host, orNull } from '../host/host.ts';
import { defaultImage, type SmokeTarget } from './objects.ts';

export type Image = Pick<SmokeTarget, 'image' | 'pull'>;

function compareVersions(a: readonly number[], b: readonly number[]): number {
  for (const [index, number] of a.entries()) {
    const difference = number - (b[index] ?? -1);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** The names of the pause images that every node has, the best first: with a tag, the default's, the newest. */
export function pauseImagesOn(nodes: readonly Pick<NodeView, 'pauseImages'>[]): string[] {
  const [first = [], ...others] = nodes.map(({ pauseImages }) => pauseImages);
  const names = first.flatMap((name) => {
    const version = pauseVersion(name);
    return version && others.every((all) => all.includes(name)) ? [{ name, version }] : [];
  });
  const rank = (name: string): number => (name === defaultImage ? 2 : hasDigest(name) ? 0 : 1);
  return names
    .toSorted((a, b) => rank(b.name) - rank(a.name) || compareVersions(b.version, a.version))
    .map(({ name }) => name);
}

/**
 * @param configured what the runtime of this machine makes sandboxes of; null if it is not known
 */
export function chooseImage(
  nodes: readonly Pick<NodeView, 'pauseImages'>[],
  configured: string | null,
): Image {
  const [there] = pauseImagesOn(nodes);
  if (there !== undefined) return { image: there, pull: 'Never' };
  return { image: configured ?? defaultImage, pull: 'IfNotPresent' };
}

const fileLimit = 1_000_000;
/** A setting of containerd's configuration, of version 2 and 3. */
const sandbox = /^\s*sandbox(?:_image)?\s*=\s*["']([^"'\s]+)["']/m;

/**
 * The image of which this machine's container runtime makes the sandbox of every pod: so it is there, even if it is
 * not among the 50 largest images, which are all that kubelet lists.
 * @returns null if it is not configured, or not only one
 */
export async function sandboxImage(host: Host): Promise<string | null> {
  const kubelet = await readKubelet(host);
  const argv = kubelet.known ? kubelet.value.argv : [];
  const given = optionIn(argv, '--pod-infra-container-image');
  if (given) return given;
  const runtimes = (await host.processes()).filter((each) => programOf(each.argv) === 'containerd');
  const own = runtimes.filter((each) => {
    const socket = optionIn(each.argv, '--address') ?? optionIn(each.argv, '-a');
    return socket !== null && argv.some((arg) => arg.endsWith(socket));
  });
  const files = (own.length > 0 ? own : runtimes).map(
    (each) => optionIn(each.argv, '--config') ?? optionIn(each.argv, '-c') ?? '/etc/containerd/config.toml',
  );
  const images = await Promise.all([...new Set(files)].map((file) => imageIn(host, file)));
  const [image, ...others] = new Set(images.filter((each) => each !== null));
  return others.length === 0 ? (image ?? null) : null;
}

/** What a configuration imports comes after it, and counts. */
async function imageIn(host: Host, file: string): Promise<string | null> {
  const text = await orNull(host.readText(file, fileLimit));
  if (text === null) return null;
  const [, list = ''] = /^\s*imports\s*=\s*\[([^\]]*)\]/m.exec(text) ?? [];
  const patterns = [...list.matchAll(/["']([^"']+)["']/g)].map(([, pattern = '']) => pattern);
  const imported = await Promise.all(
    patterns.map((pattern) => matching(host, path.resolve(path.dirname(file), pattern))),
  );
  const texts = await Promise.all(imported.flat().map((each) => orNull(host.readText(each, fileLimit))));
  return [text, ...texts].reduce<string | null>(
    (last, each) => (each === null ? last : (sandbox.exec(each)?.[1] ?? last)),
    null,
  );
}

/** The files of a pattern, whose only wildcard is in the name of the file. */
async function matching(host: Host, pattern: string): Promise<string[]> {
  const [directory, name] = [path.dirname(pattern), path.basename(pattern)];
  if (!name.includes('*')) return [pattern];
  const [start = '', end = ''] = name.split('*', 2);
  const all = (await orNull(host.readDirectory(directory))) ?? [];
  return all
    .filter((each) => each.startsWith(start) && each.endsWith(end))
    .map((each) => path.join(directory, each));
}
