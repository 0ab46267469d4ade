import { readFileSync } from 'node:fs';
import { link } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { cached, digest } from './cached.ts';
import { CACHE } from './layout.ts';
import { program } from './prerequisites.ts';

/** A Go module of the tests, and what is built of it. */
export interface GoModule {
  /** Below test/cluster. */
  dir: string;
  /** Import paths; the module's own package where not given. */
  packages?: readonly string[];
  tags?: string;
  /** Of Kubernetes, as its own build sets it. */
  version?: string;
  /** One binary that does what the program of the name it is called by does. */
  names?: readonly string[];
  /** Programs with a binary of their own, by name, each with its import path. */
  others?: Readonly<Record<string, string>>;
}

/** Where the programs of a module are, once built. */
export function binOf({ dir, packages, tags }: GoModule): string {
  const read = (name: string) => readFileSync(join(import.meta.dirname, dir, name));
  const what = packages === undefined ? read('main.go') : Buffer.from(JSON.stringify({ packages, tags }));
  return join(CACHE, digest(read('go.mod'), read('go.sum'), what));
}

/**
 * Builds the programs of a module where the cache lacks them, and returns their directory. Cold, this takes minutes.
 * Throws where the compiler fails, with its last lines.
 */
export async function goPrograms(
  module: GoModule,
  report: (line: string) => void = () => {},
): Promise<string> {
  const bin = binOf(module);
  await cached(bin, (dir) => compile(module, dir), report);
  return bin;
}

async function compile(module: GoModule, to: string): Promise<void> {
  const { dir, packages = ['.'], tags, version, names: [name = '', ...links] = [], others = {} } = module;
  // Two packages at a time: each can take more than a gigabyte.
  const args = ['build', '-p', '2', '-trimpath', '-ldflags', ldflags(version)];
  if (tags !== undefined) args.push('-tags', tags);
  const options = { cwd: join(import.meta.dirname, dir), env: { CGO_ENABLED: '0' } };
  await execa(program('go'), [...args, '-o', join(to, name), ...packages], options);
  // Hard links, not symbolic ones: /proc/PID/exe then has the program's name, as with upstream's binaries.
  for (const other of links) await link(join(to, name), join(to, other));
  for (const [other, path] of Object.entries(others)) {
    await execa(program('go'), [...args, '-o', join(to, other), path], options);
  }
}

function ldflags(version: string | undefined): string {
  if (version === undefined) return '-s -w';
  const path = 'k8s.io/component-base/version';
  const [major, minor] = version.slice(1).split('.');
  return [
    '-s -w',
    `-X ${path}.gitVersion=${version}`,
    `-X ${path}.gitMajor=${major}`,
    `-X ${path}.gitMinor=${minor}`,
    `-X ${path}.gitTreeState=clean`,
  ].join(' ');
}
