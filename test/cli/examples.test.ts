import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { evaluate, parses } from '../helpers/nix.ts';
import { root, scratchDirectory, subpathfix } from '../helpers/tools.ts';

const examples = path.join(root, 'examples');
const readme = await readFile(path.join(examples, 'README.md'), 'utf8');
/** Each row's directory and command. */
const rows = [...readme.matchAll(/^\| \[([\w-]+)\]\(\1\) \|.*\| `subpathfix (.+)` \|$/gm)].map(
  ([, directory = '', command = '']) => ({ directory, args: command.split(' ') }),
);

async function filesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(directory, path.join(entry.parentPath, entry.name)))
    .sort();
}

describe('examples', async () => {
  const scratch = await scratchDirectory();

  it('are all in the table', async () => {
    const directories = (await readdir(examples, { withFileTypes: true })).filter((entry) =>
      entry.isDirectory(),
    );
    expect(rows.map(({ directory }) => directory).sort()).toEqual(directories.map(({ name }) => name).sort());
  });

  it.each(rows)('$directory is what its command writes', async ({ directory, args }) => {
    const cwd = path.join(examples, directory);
    const { exitCode, stdout } = await subpathfix([...args, '--diff'], { cwd });
    expect(exitCode).toBe(0);
    expect(stdout).not.toMatch(/^[+-]{3} /m);
    expect(stdout).toContain('unchanged fix/');
    for (const file of await filesBelow(cwd)) {
      if (file.endsWith('.nix')) await parses(path.join(cwd, file), scratch);
    }
  });

  it.each([
    ['k0s-flake', 'k0s', 'k0sworker'],
    ['k0s-channel', 'k0s', 'k0scontroller'],
    ['k3s-flake', 'k3s', 'k3s'],
  ])('%s evaluates', async (directory, distro, unit) => {
    const {
      failed,
      environment,
      patched,
      package: used,
    } = await evaluate(scratch, {
      directory: path.join(examples, directory, 'fix'),
      distro,
      unit,
    });
    expect(failed).toEqual([]);
    expect(patched).toContain('fix-mount-regression');
    if (distro === 'k3s') expect(used?.utilLinux).toBe(patched);
    else
      expect(environment['KUBELET_PATH']).toMatch(new RegExp(`^${patched?.replaceAll('+', '\\+')}-bin/bin:`));
  });
});
