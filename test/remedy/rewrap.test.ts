/** Wrapping k0s again: the program that is started must not be a wrapper, which would put its own PATH first. */
import { chmod, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { caseNamed } from '../helpers/cases.ts';
import { rowOf } from '../helpers/eras.ts';
import { evaluateTable } from '../helpers/nix.ts';
import { scratchDirectory, tool } from '../helpers/tools.ts';

const scratch = await scratchDirectory();
const fix = {
  ...{ ...caseNamed('k0s-single-package'), directory: path.join(scratch, 'fix') },
  ...{ unit: 'k0s', era: '2026-08', variant: 'bare-2.41' },
};
const [evaluated] = await evaluateTable(scratch, [await rowOf(fix)]);
const build = evaluated?.postBuild ?? '';

type Kind = 'program' | 'script' | 'compiled wrapper';

async function write(file: string, kind: Kind): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  if (kind === 'script') await writeFile(file, '#! /bin/sh -e\nexec "/nix/store/k0s"  "$@"\n');
  else await copyFile(tool('true'), file);
  // What makeBinaryWrapper leaves in the program that it compiles.
  if (kind === 'compiled wrapper') await writeFile(file, '\n# makeCWrapper /nix/store/k0s', { flag: 'a' });
  await chmod(file, 0o755);
}

/** Runs the build as stdenv does; what makeWrapper was told. */
async function wrap(name: string, files: Record<string, Kind>) {
  const from = path.join(scratch, name, 'k0s');
  const out = path.join(scratch, name, 'out');
  await mkdir(path.join(out, 'bin'), { recursive: true });
  await writeFile(path.join(out, 'bin/k0s'), '');
  for (const [file, kind] of Object.entries(files)) await write(path.join(from, file), kind);
  const told = path.join(scratch, name, 'told');
  const makeWrapper = `makeWrapper() { printf '%s\n' "$@" >'${told}'; }`;
  const text = `set -eu -o pipefail\n${makeWrapper}\n${build.replaceAll(/[^\s"]+-k0s-1\.33\.1/g, from)}`;
  const { exitCode, stderr } = await execa(tool('bash'), ['-c', text], { env: { out }, reject: false });
  const args = await readFile(told, 'utf8').catch(() => '');
  return { exitCode, stderr, program: args.split('\n')[0]?.replace(`${from}/`, ''), args };
}

describe('k0s that is', () => {
  it.each<[what: string, files: Record<string, Kind>, program: string | null]>([
    ['not wrapped', { 'bin/k0s': 'program' }, 'bin/k0s'],
    ['wrapped by wrapProgram', { 'bin/k0s': 'script', 'bin/.k0s-wrapped': 'program' }, 'bin/.k0s-wrapped'],
    [
      'wrapped twice',
      { 'bin/k0s': 'script', 'bin/.k0s-wrapped_': 'script', 'bin/.k0s-wrapped': 'program' },
      'bin/.k0s-wrapped',
    ],
    ['compiled from source', { 'bin/k0s': 'script', 'libexec/k0s': 'program' }, 'libexec/k0s'],
    [
      'in a compiled wrapper',
      { 'bin/k0s': 'compiled wrapper', 'bin/.k0s-wrapped': 'program' },
      'bin/.k0s-wrapped',
    ],
    ['a wrapper of something elsewhere', { 'bin/k0s': 'script' }, null],
    ['a compiled wrapper of something elsewhere', { 'bin/k0s': 'compiled wrapper' }, null],
    ['missing', { 'bin/k0sctl': 'program' }, null],
  ])('%s', async (what, files, program) => {
    const result = await wrap(what.replaceAll(' ', '-'), files);
    if (program === null) {
      expect(result.exitCode).toBe(1);
      expect(result.stderr).toMatch(/has no k0s that is not a wrapper: generate with --strategy path or env/);
      expect(result.args).toBe('');
      return;
    }
    expect(result).toMatchObject({ exitCode: 0, program });
    expect(result.args).toMatch(/--prefix\nPATH\n:\n\/\S*util-linux-minimal-2\.41\S*regression\S*-bin\/bin:/);
  });
});
