import { readFileSync } from 'node:fs';
import { cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Audit, published } from '../../../src/report/documents/audit-shape.ts';
import { parses } from '../../helpers/nix.ts';
import { commit, nixpkgs, serve } from '../../helpers/server.ts';
import { bare, temporary } from '../../helpers/status.ts';
import { type CliResult, root, scratchDirectory, subpathfix, tool } from '../../helpers/tools.ts';
import { type Configuration, configurations, flake, type Pinned } from './configurations.ts';
import { lookAlikes } from './look-alikes.ts';

/** Commits: a of a bare 2.41, b of one with withPatches, f of a fixed release. */
const server = await serve(
  nixpkgs({
    affected: { revision: commit('a'), nixpkgs: 'bare-2.41' },
    passthru: { revision: commit('b'), nixpkgs: 'with-patches' },
    fixed: { revision: commit('f'), nixpkgs: 'upstream-2.41.1' },
    older: { revision: commit('d'), nixpkgs: 'older-2.40.4' },
  }),
);
const scratch = await scratchDirectory();
const cache = temporary();
let count = 0;

async function directoryWith(files: Record<string, string>): Promise<string> {
  count += 1;
  const directory = path.join(scratch, String(count));
  await mkdir(directory);
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(directory, name)), { recursive: true });
    await writeFile(path.join(directory, name), text);
  }
  return directory;
}

const run = (directory: string, ...args: string[]): Promise<CliResult> =>
  subpathfix(['audit', directory, '--raw-base-url', `${server.url}/raw`, ...args], { env: bare(cache) });

/** A lock file with nixpkgs at this commit, and what stands beside it at that of an older one. */
function lockFile(pinned: Pinned, digit: string, beside: string[] = [], day = 1_700_000_000): Record<string, string> {
  const pin = { owner: 'NixOS', repo: 'nixpkgs', rev: commit(digit) };
  const node = (rev: string) => ({ locked: { type: 'github', ...pin, rev, lastModified: day } });
  switch (pinned) {
    case 'flake': {
      const others = Object.fromEntries(beside.map((name) => [name, node(commit('d'))]));
      const inputs = Object.fromEntries(['nixpkgs', ...beside].map((name) => [name, name]));
      const nodes = { root: { inputs }, nixpkgs: node(pin.rev), ...others };
      return { 'flake.lock': JSON.stringify({ version: 7, root: 'root', nodes }) };
    }
    case 'npins': {
      const repository = { type: 'GitHub', owner: 'NixOS', repo: 'nixpkgs' };
      const pins = { nixpkgs: { type: 'Git', repository, revision: pin.rev } };
      return { 'npins/sources.json': JSON.stringify({ version: 5, pins }) };
    }
    case 'niv':
      return { 'nix/sources.json': JSON.stringify({ nixpkgs: { ...pin, type: 'tarball' } }) };
    case 'channel':
      return {};
  }
}

interface Audited {
  directory: string;
  args: string[];
  exitCode: number | undefined;
  document: Audit;
}

async function audited({ pinned, files, beside }: Configuration, digit: string): Promise<Audited> {
  const directory = await directoryWith({ ...files, ...lockFile(pinned, digit, beside) });
  const args = pinned === 'channel' ? ['--util-linux', digit === 'f' ? '2.41.1' : '2.41'] : [];
  const { exitCode, stdout, stderr } = await run(directory, ...args, '--json', '--diff');
  expect(stderr).toBe('');
  return { directory, args, exitCode, document: published(z).parse(JSON.parse(stdout)) };
}

const places = ({ findings }: Audit): string[] => findings.map(({ file, line, kind }) => `${file}:${line} ${kind}`);

describe.concurrent('audit of a configuration with', () => {
  it.each(configurations.map((each) => [each.name, each] as const))('%s, needed', async (_, configuration) => {
    const { exitCode, document } = await audited(configuration, 'a');
    expect(places(document)).toEqual(configuration.finds);
    expect(document.findings.map(({ state }) => state)).toEqual(configuration.finds.map(() => 'needed'));
    expect([exitCode, document.diff]).toEqual([0, '']);
  });

  it.each(configurations.map((each) => [each.name, each] as const))('%s, to be removed', async (_, configuration) => {
    const { directory, args, exitCode, document } = await audited(configuration, 'f');
    expect(places(document)).toEqual(configuration.finds);
    expect(document.findings.map(({ state }) => state)).toEqual(configuration.finds.map(() => 'can-go'));
    expect(exitCode).toBe(1);
    const byHand = document.findings.filter(({ inDiff }) => !inDiff).map(({ file, line }) => `${file}:${line}`);
    expect(byHand).toEqual(configuration.byHand ?? []);
    if (!document.diff) return;
    const patch = (...more: string[]) =>
      execa(tool('patch'), ['-p1', '--force', ...more], { cwd: directory, input: document.diff ?? '' });
    await patch('--dry-run');
    await patch();
    const changed = [...document.diff.matchAll(/^\+\+\+ b\/(\S+)/gm)].map(([, file = '']) => file);
    for (const file of changed) await parses(path.join(directory, file), scratch);
    // What is left is what has to be done by hand, and nothing new.
    const again = await run(directory, ...args, '--json');
    const left = published(z).parse(JSON.parse(again.stdout)).findings;
    expect(left).toHaveLength(byHand.length);
  });
});

describe.concurrent('audit finds nothing in', () => {
  it.each(Object.entries(lookAlikes))('%s', async (_, files) => {
    const lock = lockFile('flake', 'f', ['nixpkgs-unstable']);
    const { exitCode, stdout, stderr } = await run(await directoryWith({ ...files, ...lock }));
    expect(stderr).toBe('');
    expect(stdout).toBe('nothing here was written because of this defect\n');
    expect(exitCode).toBe(0);
  });
});
