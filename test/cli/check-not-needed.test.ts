import { appendFileSync, cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodeRoot } from '../helpers/node-root.ts';
import { scratchDirectory, subpathfix } from '../helpers/tools.ts';

/** A fix on a node that has no need of it any more. */

const unitFile = `/nix/store/${'u'.repeat(32)}-unit-k0sworker.service/k0sworker.service`;
const fixedBin = `/nix/store/${'a'.repeat(32)}-util-linux-2.41.1-bin/bin`;
const oldBin = `/nix/store/${'m'.repeat(32)}-util-linux-minimal-2.41-bin/bin`;

/** A copy of a node, with these lines in its unit and these variables in the environment of k0s and kubelet. */
async function nodeWith(
  name: string,
  lines: string[],
  variables: Record<string, string>,
  path_?: (value: string) => string,
): Promise<string> {
  const directory = nodeRoot(await scratchDirectory(), name);
  const file = directory + unitFile;
  let text = readFileSync(file, 'utf8').replace('[Service]\n', `[Service]\n${lines.join('\n')}\n`);
  if (path_) text = text.replace(/PATH=([^"\n]*)/, (_, value: string) => `PATH=${path_(value)}`);
  writeFileSync(file, text);
  for (const pid of ['900', '1000']) {
    const environ = path.join(directory, 'proc', pid, 'environ');
    let before = readFileSync(environ, 'utf8');
    if (path_) before = before.replace(/PATH=([^\0]*)/, (_, value: string) => `PATH=${path_(value)}`);
    writeFileSync(environ, before);
    for (const [variable, value] of Object.entries(variables))
      appendFileSync(environ, `${variable}=${value}\0`);
  }
  return directory;
}

/** util-linux 2.41, as it is in the store beside the system's own. */
async function addOld(directory: string): Promise<void> {
  const from = nodeRoot(await scratchDirectory(), 'k0s-kubelet-path-fixes');
  for (const output of ['mount', 'lib', 'bin']) {
    const name = oldBin.replace('-bin/bin', `-${output}`);
    cpSync(from + name, directory + name, { recursive: true, verbatimSymlinks: true });
  }
}

async function check(
  directory: string,
): Promise<{ state: string; note: string | undefined; codes: string[] }> {
  const { stdout } = await subpathfix(['check', '--node-root', directory, '--json']);
  const { verdict, notes } = JSON.parse(stdout) as {
    verdict: { state: string };
    notes: { code: string; text: string }[];
  };
  const note = notes.find(({ code }) => code === 'fix-not-needed')?.text;
  return { state: verdict.state, note, codes: notes.map(({ code }) => code) };
}

const force = { LIBMOUNT_FORCE_MOUNT2: 'always' };
const forceLine = 'Environment="LIBMOUNT_FORCE_MOUNT2=always"';

describe('check says that a fix is no longer needed', () => {
  it('of a variable, where the mount itself has the fix', async () => {
    const { state, note } = await check(await nodeWith('k0s-worker-fixed', [forceLine], force));
    expect(state).toBe('fixed');
    expect(note).toMatch(
      /^this node's fix is no longer needed: LIBMOUNT_FORCE_MOUNT2 of the unit k0sworker can go: libmount 2\.41\.1 has the fix.*; find it with subpathfix audit$/,
    );
  });

  it('of an older util-linux that is first in PATH', async () => {
    const directory = await nodeWith('k0s-worker-fixed', [], {}, (value) =>
      value.replace('/nix/store/k', `${oldBin}:/nix/store/k`),
    );
    await addOld(directory);
    const { note, state } = await check(directory);
    // A 2.41 is affected by what is known of it here: only a fix that works is called one.
    expect([state, note]).toEqual(['affected', undefined]);
    const forced = await nodeWith('k0s-worker-fixed', [forceLine], force, (value) =>
      value.replace('/nix/store/k', `${oldBin}:/nix/store/k`),
    );
    await addOld(forced);
    const both = await check(forced);
    expect(both.state).toBe('fixed');
    expect(both.note).toContain(
      `LIBMOUNT_FORCE_MOUNT2 and PATH (${oldBin}) of the unit k0sworker can go: without it kubelet uses ${fixedBin.replace('-bin/bin', '-mount/bin')}/mount, which does not have the defect`,
    );
  });

  it('of a wrapper of mount that is older than the system', async () => {
    const directory = await nodeWith('k0s-csi-wrapper', [], {});
    const before = await check(directory);
    expect(before.note).toBeUndefined();
    const system = `/nix/store/${'t'.repeat(32)}-nixos-system-node-25.05/sw/bin`;
    mkdirSync(directory + system, { recursive: true });
    symlinkSync(`${fixedBin}/mount`, `${directory}${system}/mount`);
    const { note } = await check(directory);
    expect(note).toMatch(
      /^this node's fix is no longer needed: \/run\/wrappers\/bin\/mount is .*-util-linux-2\.41-.*find it with subpathfix audit$/,
    );
  });
});

describe('check does not say so', () => {
  it.each([
    'k0s-env-fixes',
    'k0s-kubelet-path-fixes',
    'debian-drop-in-fixes',
    'k0s-worker-fixed',
    'k0s-worker-affected',
  ])('of %s, which needs it or has none', async (name) => {
    const { note } = await check(nodeRoot(await scratchDirectory(), name));
    expect(note).toBeUndefined();
  });

  it('where it cannot determine which libmount it is', async () => {
    const directory = await nodeWith('k0s-worker-fixed', [forceLine], force);
    rmSync(`${directory}${fixedBin.replace('-bin/bin', '-mount/bin')}/mount`);
    const { note } = await check(directory);
    expect(note).toBeUndefined();
  });
});
