/**
 * Every example of the README, the documents and the manual. One that neither asks the network nor depends on this
 * machine is run, in a directory that has what it names; of the others the command line is parsed, by the real parser.
 */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';
import { declareProgram } from '../../src/cli.ts';
import { examples, firstExamples } from '../../src/commands/examples.ts';
import { inProcess } from '../helpers/in-process.ts';
import { nodeRoot } from '../helpers/node-root.ts';
import { root, scratchDirectory } from '../helpers/tools.ts';

const scratch = await scratchDirectory();
const standIns: Record<string, string> = {
  '/mnt': nodeRoot(scratch, 'k0s-worker-affected'),
  '~/nixpkgs': path.join(root, 'test/fixtures/nixpkgs/bare-2.41'),
  '/nix/var/nix/profiles/per-user/root/channels/nixos': path.join(root, 'test/fixtures/nixpkgs/bare-2.41'),
  'kubelet.log*': 'kubelet.log',
};
const cwd = path.join(scratch, 'work');
await mkdir(cwd);
await writeFile(path.join(cwd, 'kubelet.log'), 'nothing here\n');
await writeFile(path.join(cwd, 'bundle.tar.gz'), '');
await writeFile(path.join(cwd, 'configuration.nix'), '{ }\n');

/** The lines of a shell that a page shows. */
async function shownIn(file: string): Promise<string[]> {
  const text = await readFile(path.join(root, file), 'utf8');
  return [...text.matchAll(/^```sh\n(.*?)^```$/gms)].flatMap(([, block = '']) => block.split('\n'));
}

const called = /^(?:sudo )?(?:subpathfix|npm start --|npx subpathfix|nix run \S+ --) (.+)$/;

/** The arguments of each call of this program in a line; they are quoted nowhere but in $(…). */
const callsIn = (line: string): string[][] =>
  line
    .replace(/\s# .*$/, '')
    .replace('"$(mount --version)"', '2.41')
    .split(/ && | \| |<\(|\)/)
    .flatMap((part) => called.exec(part.trim())?.[1] ?? [])
    .map((args) => args.replace(/ [12]?>.*$/, '').split(/\s+/));

const pages = [
  'README.md',
  ...(await readdir(path.join(root, 'docs')))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];
const shown = [
  ...(await Promise.all(pages.map(shownIn))).flat(),
  ...[firstExamples, ...Object.values(examples)].flat().map(({ command }) => command),
];
const calls = new Map(shown.flatMap(callsIn).map((args) => [args.join(' '), args]));

/** What is read through a pipe, asked of the network, or of this machine. */
const others = ['-', '--rev', '--flake-lock', '--lock', '--input', '--unit', '--cluster', '/etc/nixos'];

/** Whether it needs nothing but what is in its directory. */
function canRun([command = '', ...args]: string[]): boolean {
  const has = (...names: string[]): boolean => args.some((arg) => names.includes(arg));
  if (has(...others)) return false;
  if (command === 'check' || command === 'generate') return has('--util-linux', '--nixpkgs', '--node-root');
  if (command === 'status') return has('--offline');
  return ['diagnose', 'audit', 'completion', 'help'].includes(command);
}

const [run, parsed] = [true, false].map((wanted) => [...calls].filter(([, args]) => canRun(args) === wanted));

it('are as many as there were', () => {
  expect(run?.length).toBeGreaterThan(15);
  expect(parsed?.length).toBeGreaterThan(15);
});

describe('is run', () => {
  it.each(run ?? [])('subpathfix %s', async (_, args) => {
    const env = { PATH: process.env['PATH'] ?? '', HOME: scratch };
    const { exitCode, stderr } = await inProcess(
      args.map((arg) => standIns[arg] ?? arg),
      env,
      cwd,
    );
    // an affected version, or a log that proves nothing, is an answer
    expect({ exitCode, stderr }).toEqual({
      exitCode: expect.toBeOneOf([0, 1, 3]),
      stderr: expect.not.stringMatching(/^error|internal/),
    });
  });
});

describe('is only parsed', () => {
  it.each(parsed ?? [])('subpathfix %s', async (_, args) => {
    let ran = '';
    const program = declareProgram(
      '0',
      () => true,
      async (name) => {
        ran = name;
      },
    );
    for (const each of [program, ...program.commands])
      each.exitOverride().configureOutput({ writeErr: () => {}, writeOut: () => {} });
    await program.parseAsync(args, { from: 'user' }).catch((error: unknown) => {
      if (!(error instanceof CommanderError && error.exitCode === 0)) throw error;
      ran = 'help';
    });
    expect(ran).not.toBe('');
  });
});

it('is refused when it is wrong', async () => {
  const program = declareProgram('0', () => true);
  for (const each of [program, ...program.commands])
    each.exitOverride().configureOutput({ writeErr: () => {} });
  await expect(program.parseAsync(['check', '--no-such'], { from: 'user' })).rejects.toThrow(
    /unknown option/,
  );
});
