import { chmod, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, it } from 'vitest';
import { caseNamed, cases, fixFor } from '../helpers/cases.ts';
import { rowOf } from '../helpers/eras.ts';
import { evaluateTable } from '../helpers/nix.ts';
import { preSwitchForms } from '../helpers/pre-switch.ts';
import { buildAffectedMount, scratchDirectory, tool } from '../helpers/tools.ts';

/** Directories that stand in a PATH: the system's mount, and the stand-in for the affected one. */
let good: string;
let affected: string;
let lying: string;
let scratch: string;
let number = 0;
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

/** The check and the program that it runs, with real programs in the place of the store's. */
async function checkOf(name: string, mounts: { patched: string; other: string }) {
  const tested = caseNamed(name);
  const directory = path.join(scratch, `${name}-${number++}`);
  const { unit } = fixFor(tested).remedy.system;
  const placed = { ...tested, unit, directory, era: '2025-07', variant: 'bare-2.41' };
  const [result] = await evaluateTable(scratch, [await rowOf(placed)], ['--read-write-mode']);
  const checks = result?.checks ?? {};
  const coreutils = (text: string): string =>
    text.replaceAll(/\/[\w/.+-]+-coreutils-9\.7\/bin/g, path.dirname(tool('env')));
  const check = checks['subpath-fix'] ?? '';
  const script = /\S+-subpath-fix-gate/.exec(check)?.[0] ?? '';
  const copy = path.join(directory, 'gate');
  await writeFile(copy, coreutils(await readFile(script, 'utf8')), { mode: 0o755 });
  const text = coreutils(check)
    .replaceAll(/\S+\/bin\/unshare/g, tool('unshare'))
    .replaceAll(script, copy)
    .replaceAll(/\/[\w/.+-]+-util-linux-minimal-2\.41[\w/.+-]*-bin\/bin/g, mounts.patched)
    .replaceAll(/\/[\w/.+-]+-util-linux-2\.41[\w/.+-]*-bin\/bin/g, mounts.other);
  return { text, copy };
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
    ['k0s-worker-path+wrapper-wrapped-unknown-gate', 'good', true],
    ['k0s-worker-path+wrapper-wrapped-unknown-gate', 'affected', false],
    ['k0s-worker-env+wrapper-gate', 'good', true],
    ['k0s-worker-env+wrapper-gate', 'affected', false],
  ])('of %s with a %s mount', async (name, patched, passes) => {
    const { text } = await checkOf(name, { patched: directories[patched](), other: affected });
    const left = async () => (await readdir(os.tmpdir())).filter((file) => file.startsWith('tmp.'));
    const before = await left();
    for (const [release, program] of Object.entries(preSwitchForms)) {
      const args = ['-c', program(text), 'check', '/incoming', 'switch'];
      const result = await execa(tool('bash'), args, { reject: false });
      expect(result.exitCode, `${release}: ${result.stderr}`).toBe(passes ? 0 : 1);
      if (!passes) expect(result.stderr + result.stdout).toContain('nothing was switched');
      if (!passes && name.includes('env')) expect(result.stderr).toContain('mount of /run/wrappers/bin does');
      expect(await left()).toEqual(before);
    }
  });

  it.each(
    cases.filter(
      ({ gate, distribution, role }) =>
        gate && ['k0s-single', 'kubernetes-node'].includes(`${distribution}-${role}`),
    ),
  )('of $name passes shellcheck as NixOS runs it', async ({ name }) => {
    const { text, copy } = await checkOf(name, { patched: good, other: affected });
    const file = path.join(scratch, 'check.sh');
    await writeFile(file, `#!/bin/bash\n${preSwitchForms['26.05']?.(text)}`);
    const options = { reject: false } as const;
    for (const each of [file, copy]) {
      const { stdout, exitCode } = await execa(tool('shellcheck'), [each], options);
      expect(stdout).toBe('');
      expect(exitCode).toBe(0);
    }
  });
});
