import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { advisory } from '../../src/advisory/index.ts';
import { examineNode } from '../../src/facts/node/examine.ts';
import { effectiveMount } from '../../src/facts/node/node-facts.ts';
import { type Host, localHost } from '../../src/host/host.ts';
import { rooted } from '../../src/host/rooted.ts';
import { requestFromNode } from '../../src/remedy/from-node.ts';
import { plan } from '../../src/remedy/plan.ts';
import { judge } from '../../src/verdict/judge.ts';
import { trapsOf } from '../../src/verdict/notes.ts';
import { root, scratchDirectory, subpathfix } from '../helpers/tools.ts';

const fixtures = path.join(root, 'test/fixtures/nodes');

interface Expected {
  state: string;
  decidedBy: string | null;
  layer: string | null;
  notes: string[];
  generate?: { distro: string; role: string; unit: string; packageWrapped: string; strategy: string };
}

/** Answers what the fixture holds and nothing else: a path outside of it is an error of the test. */
function fixtureHost(directory: string): Host {
  const refuse = (file: string): void => {
    if (path.relative(directory, file).startsWith('..')) throw new Error(`${file} is outside of the fixture`);
  };
  const inner = localHost();
  const guarded = new Proxy(inner, {
    get(target, name: keyof Host) {
      const value = target[name];
      if (name === 'run') return () => Promise.reject(new Error('nothing is run on a fixture'));
      if (typeof value !== 'function' || name === 'processes') return value;
      return (file: string, ...rest: unknown[]) => {
        refuse(file);
        return (value as (...args: unknown[]) => unknown).call(target, file, ...rest);
      };
    },
  });
  return rooted(guarded, directory);
}

const nodes = readdirSync(fixtures).map(
  (name) =>
    [name, JSON.parse(readFileSync(path.join(fixtures, name, 'expected.json'), 'utf8')) as Expected] as const,
);

describe('a node', async () => {
  const scratch = await scratchDirectory();

  /** The fixture with its links, which a checkout cannot have: some lead to the root of the machine. */
  function nodeRoot(name: string): string {
    const directory = path.join(scratch, name);
    cpSync(path.join(fixtures, name, 'root'), directory, { recursive: true });
    const links = JSON.parse(readFileSync(path.join(fixtures, name, 'links.json'), 'utf8')) as Record<
      string,
      string
    >;
    for (const [file, target] of Object.entries(links)) {
      mkdirSync(path.dirname(directory + file), { recursive: true });
      symlinkSync(target, directory + file);
    }
    return directory;
  }

  it('comes in at least sixteen kinds', () => expect(nodes.length).toBeGreaterThanOrEqual(16));

  it.each(nodes)('%s', async (name, expected) => {
    const host = fixtureHost(nodeRoot(name));
    const { facts, node } = await examineNode(host, advisory, {
      live: false,
      signal: new AbortController().signal,
    });
    const verdict = judge(facts, advisory);
    expect(verdict, verdict.because).toMatchObject({ state: expected.state, decidedBy: expected.decidedBy });

    const effective = effectiveMount(node);
    expect(effective.known ? effective.value.layer : null).toBe(expected.layer);

    const notes = trapsOf(node, facts, advisory);
    expect(notes).toHaveLength(expected.notes.length);
    for (const [index, note] of expected.notes.entries()) expect(notes[index]).toMatch(new RegExp(note, 's'));

    if (expected.generate) {
      const { request } = requestFromNode(node);
      const header = { version: '0', command: '', why: '' };
      const remedy = plan({ ...request, gate: false, header, out: 'fix' }, advisory);
      expect({ ...remedy.system, strategy: remedy.strategy }).toMatchObject(expected.generate);
      expect(remedy.system.assumed).toEqual([]);
    }
  });

  it('is examined by check --node-root, with the chain from unit to libmount', async () => {
    const directory = path.join(scratch, 'k0s-wrapped-shell-shadows');
    const { exitCode, stdout } = await subpathfix(['check', '--node-root', directory]);
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/chain +NixOS 25\.05/);
    expect(stdout).toMatch(
      /-> unit k0scontroller\n +-> kubelet of k0s, pid 1000\n +-> PATH \S+ \(a wrapper\)/,
    );
    expect(stdout).toMatch(/-> \/nix\/store\/m{32}-util-linux-minimal-2\.41-lib\/lib\/libmount\.so\.1\.1\.0/);
    expect(stdout).toMatch(/note +the package that k0scontroller starts is wrapped/);
  });

  it.each([
    ['/nowhere', /there is no such file/],
    ['/etc/passwd', /is not a directory/],
  ])('--node-root %s is a usage error', async (directory, says) => {
    const { exitCode, stderr } = await subpathfix(['check', '--node-root', directory]);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(says);
  });
});
