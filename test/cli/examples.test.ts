import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { nixEnvironment, parses, tableArguments } from '../helpers/nix.ts';
import { root, scratchDirectory, subpathfix, tool } from '../helpers/tools.ts';

const examples = path.join(root, 'examples');
const readme = await readFile(path.join(examples, 'README.md'), 'utf8');
/** Each row's directory and command. */
const rows = [...readme.matchAll(/^\| \[([\w-]+)\]\(\1\) \|.*\| `subpathfix (.+)` \|$/gm)].map(
  ([, directory = '', command = '']) => ({ directory, args: command.split(' ') }),
);

/** What no command writes: the tests of the cluster run these. */
const byHand = [...readme.matchAll(/^\| \[([\w-]+)\]\(\1\) \| [^|`]+ \|$/gm)].map(
  ([, directory = '']) => directory,
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
    const named = [...rows.map(({ directory }) => directory), ...byHand];
    expect(named.sort()).toEqual(directories.map(({ name }) => name).sort());
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
    ['k0s-flake', 'k0s', 'k0s', '2026-08', 'affected'],
    ['k0s-channel', 'k0s', 'k0s', '2026-08', 'fixed'],
    ['k3s-flake', 'k3s', 'k3s', '2025-05', 'affected'],
  ])('%s evaluates as a whole, and is fixed', async (directory, distro, unit, era, wrapper) => {
    const copy = path.join(scratch, directory);
    await cp(path.join(examples, directory), copy, { recursive: true });
    // What nixos-generate-config writes is the machine's.
    await writeFile(path.join(copy, 'hardware-configuration.nix'), '{ }\n');
    const args = Object.entries({ directory: copy, distro, unit, era }).flatMap(([name, value]) => [
      ...['--argstr', name, value],
    ]);
    const { stdout } = await execa(
      tool('nix-instantiate'),
      [...tableArguments, path.join(root, 'test/nix/example.nix'), ...args],
      { env: nixEnvironment(scratch) },
    );
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ failed: [], warnings: [], kubelet: { state: 'fixed' }, wrapper },
      etc: directory === 'k0s-channel' ? { 'k0s/k0s.yaml': expect.stringContaining('192.0.2.1') } : {},
    });
  });
});
