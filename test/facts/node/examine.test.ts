import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { advisory } from '../../../src/advisory/index.ts';
import { examineNode } from '../../../src/facts/node/examine.ts';
import { effectiveMount } from '../../../src/facts/node/node-facts.ts';
import { localHost } from '../../../src/host/local.ts';
import { rooted } from '../../../src/host/rooted.ts';
import { requestFromNode } from '../../../src/remedy/from-node.ts';
import { plan } from '../../../src/remedy/plan.ts';
import { judge } from '../../../src/verdict/judge.ts';
import { notesOf } from '../../../src/verdict/notes.ts';
import { nodeFixtures, nodeRoot } from '../../helpers/node-root.ts';
import { scratchDirectory, subpathfix } from '../../helpers/tools.ts';

interface Expected {
  state: string;
  decidedBy: string | null;
  layer: string | null;
  /** says: a regular expression */
  notes: { code: string; says?: string }[];
  generate?: { distribution: string; role: string; unit: string; packageWrapped: string; strategy: string };
}

const nodes = readdirSync(nodeFixtures).map(
  (name) =>
    [
      name,
      JSON.parse(readFileSync(path.join(nodeFixtures, name, 'expected.json'), 'utf8')) as Expected,
    ] as const,
);

describe('a node', async () => {
  const scratch = await scratchDirectory();

  it('comes in at least sixteen kinds', () => expect(nodes.length).toBeGreaterThanOrEqual(16));

  it.each(nodes)('%s', async (name, expected) => {
    const host = await rooted(localHost(), nodeRoot(scratch, name));
    const { facts, node } = await examineNode(host, advisory, {
      live: false,
      signal: new AbortController().signal,
    });
    const verdict = judge(facts, advisory);
    expect(verdict, verdict.because).toMatchObject({ state: expected.state, decidedBy: expected.decidedBy });

    const effective = effectiveMount(node);
    expect(effective.known ? effective.value.layer : null).toBe(expected.layer);

    expect(notesOf(node, facts, advisory)).toMatchObject(
      expected.notes.map(({ code, says }) => ({
        code,
        text: says === undefined ? expect.any(String) : expect.stringMatching(new RegExp(says, 's')),
      })),
    );

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
      /-> unit k0scontroller\n +-> kubelet of k0s, pid 1000\n +-> PATH \S+ \(the wrapper\)/,
    );
    expect(stdout).toMatch(/-> \/nix\/store\/m{32}-util-linux-minimal-2\.41-lib\/lib\/libmount\.so\.1\.1\.0/);
    expect(stdout).toMatch(/note +the package that k0scontroller starts is wrapped/);
  });

  it.each([
    ['/nowhere', /no such file or directory/],
    ['/etc/passwd', /is not a directory/],
  ])('--node-root %s is a usage error', async (directory, says) => {
    const { exitCode, stderr } = await subpathfix(['check', '--node-root', directory]);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(says);
  });
});
