import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { evaluateExample } from '../helpers/examples.ts';
import { parses } from '../helpers/nix.ts';
import { root, scratchDirectory, subpathfix } from '../helpers/tools.ts';

const examples = path.join(root, 'examples');
const readme = await readFile(path.join(examples, 'README.md'), 'utf8');
/** Each row's directory and command. */
const rows = [...readme.matchAll(/^\| \[([\w-]+)\]\(\1\) \|.*\| `subpathfix (.+)` \|$/gm)].map(
  ([, directory = '', command = '']) => ({ directory, args: command.split(' ') }),
);

/** Of those without: they use the NixOS module, or are no configuration. */
const others = [...readme.matchAll(/^\| \[([\w-]+)\]\(\1\) \| [^|]+ \|$/gm)].map(([, name = '']) => name);

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
    expect([...rows.map(({ directory }) => directory), ...others].sort()).toEqual(
      directories.map(({ name }) => name).sort(),
    );
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
    const [system] = Object.values(await evaluateExample(scratch, directory, { distro, unit, era }));
    expect(system).toMatchObject({
      ...{ failed: [], warnings: [], kubelet: { state: 'fixed' }, wrapper },
      etc: directory === 'k0s-channel' ? { 'k0s/k0s.yaml': expect.stringContaining('192.0.2.1') } : {},
    });
  });
});
