import { chmod, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, it } from 'vitest';
import { caseNamed, fixFor, writeCase } from '../helpers/cases.ts';
import { evaluate } from '../helpers/nix.ts';
import { buildAffectedMount, scratchDirectory, tool } from '../helpers/tools.ts';

/** Directories that stand in a PATH: the system's mount, and the stand-in for the affected one. */
let good: string;
let affected: string;
let lying: string;
let scratch: string;
beforeAll(async () => {
  scratch = await scratchDirectory();
  good = path.join(scratch, 'good');
  affected = path.join(scratch, 'affected');
  await mkdir(good);
  await mkdir(affected);
  lying = path.join(scratch, 'lying');
  await mkdir(lying);
  await writeFile(
    path.join(lying, 'mount'),
    '#!/bin/sh\ncase "$*" in */fd/7*) exit 0;; esac; exec /bin/mount "$@"\n',
  );
  await chmod(path.join(lying, 'mount'), 0o755);
  await symlink(tool('mount'), path.join(good, 'mount'));
  await buildAffectedMount(affected);
});

/** The check as NixOS would run it, with real programs in the place of the store's. */
async function gate(name: string, mounts: { patched: string; other: string }) {
  const tested = caseNamed(name);
  const directory = path.join(scratch, name);
  const { remedy, files } = fixFor(tested);
  await writeCase(directory, files);
  const system = { directory, distro: tested.distribution, unit: remedy.system.unit };
  const { checks, patched } = await evaluate(scratch, system, 'evaluate.nix', ['--read-write-mode']);
  const coreutils = (text: string): string =>
    text.replaceAll('/nix/store/coreutils-9.7/bin', path.dirname(tool('env')));
  const check = checks['subpath-fix'] ?? '';
  const script = /\S+-subpath-fix-gate/.exec(check)?.[0] ?? '';
  const copy = path.join(directory, 'gate');
  await writeFile(copy, coreutils(await readFile(script, 'utf8')), { mode: 0o755 });
  const text = coreutils(check)
    .replace(/\S+\/bin\/unshare/, tool('unshare'))
    .replace(script, copy)
    .replaceAll(`${patched}-bin/bin`, mounts.patched)
    .replace(/\/nix\/store\/util-linux-2\.41\S*?-bin\/bin/g, mounts.other);
  return execa(tool('bash'), ['-c', `set -e\n${text}`, 'check', '/incoming', 'switch'], { reject: false });
}

const directories = { good: () => good, affected: () => affected, lying: () => lying };

describe('the gate', () => {
  it.each<[name: string, patched: keyof typeof directories, passes: boolean]>([
    ['k0s-worker-path-wrapped-unknown-gate', 'good', true],
    ['k0s-worker-path-wrapped-unknown-gate', 'affected', false],
    ['k0s-worker-path-wrapped-no-gate', 'good', true],
    ['k0s-worker-path-wrapped-no-gate', 'affected', false],
    ['k3s-server-package-gate', 'good', true],
    ['k3s-server-package-gate', 'affected', false],
    ['k0s-worker-wrapper-gate', 'affected', false],
    ['k0s-worker-env-gate', 'affected', true],
    ['k3s-server-package-gate', 'lying', false],
    ['kubernetes-node-path-wrapped-no-gate', 'good', true],
  ])('of %s with a %s mount', async (name, patched, passes) => {
    const before = (await readdir(os.tmpdir())).filter((file) => file.startsWith('tmp.'));
    const result = await gate(name, { patched: directories[patched](), other: affected });
    expect(result.exitCode, result.stderr).toBe(passes ? 0 : 1);
    if (!passes) expect(result.stderr).toContain('nothing was switched');
    expect((await readdir(os.tmpdir())).filter((file) => file.startsWith('tmp.'))).toEqual(before);
  });
});
