/** The same as faults.test.ts where no machine is needed: systems that were copied, and the cluster. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { advisory } from '../../src/advisory/index.ts';
import { runCommandLine } from '../../src/cli.ts';
import { UserError } from '../../src/errors.ts';
import { examineNode } from '../../src/facts/node/examine.ts';
import type { Host } from '../../src/host/host.ts';
import { localHost } from '../../src/host/local.ts';
import { rooted } from '../../src/host/rooted.ts';
import { judge } from '../../src/verdict/judge.ts';
import { fakeHost } from '../helpers/fake-host.ts';
import { nodeRoot } from '../helpers/node-root.ts';
import { smoke } from '../helpers/smoke-run.ts';
import { scratchDirectory } from '../helpers/tools.ts';
import { mkdirExists, podLine, waiting } from '../helpers/watch-lines.ts';
import { type Fault, faulty, kindsOf, type Seen } from './faults/faulty.ts';

const fixtures = path.resolve(import.meta.dirname, '../fixtures/nixpkgs');

/** Runs something as it is, and with each fault in what it asks. @returns what it gave with each */
async function withEach<T>(run: (through: (host: Host) => Host) => Promise<T>): Promise<[Fault, T][]> {
  const seen: Seen = new Map();
  await run((host) => faulty(host, seen));
  const results: [Fault, T][] = [];
  for (const [key, found] of seen) {
    // What a copied system does not have cannot be read by anybody.
    for (const kind of found === 'there' ? kindsOf(key, found) : []) {
      const fault = { key, kind };
      results.push([fault, await run((host) => faulty(host, new Map(), fault))]);
    }
  }
  return results;
}

describe('a system that was copied', async () => {
  const scratch = await scratchDirectory();

  it.each([
    ['k0s-worker-affected', 'affected'],
    ['k0s-wrapped-shell-shadows', 'affected'],
    ['k0s-switched-not-restarted', 'affected'],
    ['kubernetes-affected', 'affected'],
    ['debian-k3s-agent-affected', 'affected'],
    ['rke2-agent-affected', 'affected'],
    ['k0s-worker-fixed', 'fixed'],
    ['debian-fixed', 'fixed'],
    ['arch-kubelet-fixed', 'fixed'],
  ])('%s is never called what it is not', async (name, truth) => {
    const root = await rooted(localHost(), nodeRoot(scratch, name));
    const { signal } = new AbortController();
    const results = await withEach(async (through) => {
      try {
        const { facts } = await examineNode(through(root), advisory, { live: false, signal });
        return judge(facts, advisory).state;
      } catch (error) {
        if (error instanceof UserError) return 'error';
        throw error;
      }
    });
    const lies = truth === 'affected' ? ['fixed', 'not-affected'] : ['affected'];
    expect(results.filter(([, state]) => lies.includes(state))).toEqual([]);
    expect(results.length).toBeGreaterThan(30);
    process.stdout.write(`${name}: ${results.length} faults\n`);
  });
});

describe('a pod with subPaths', () => {
  const broken = podLine({ configMap: waiting('CreateContainerError', mkdirExists('configmap-file')) });

  it.each([
    ['fails', 'affected', 'fixed'],
    ['runs', 'fixed', 'affected'],
  ])('that %s is %s, or nothing is known', async (how, truth, lie) => {
    const results = await withEach(async (through) => {
      const answer = (what: string) =>
        how === 'fails' && what === 'pods' ? { writes: [`${broken}\n`] } : undefined;
      const { result, steps, deleted } = await smoke(answer, { options: { timeoutMs: 5000 }, through });
      return { ...result, created: steps.includes('creating'), deletes: deleted.length };
    });
    expect(results.filter(([, { state }]) => state === lie)).toEqual([]);
    expect(results.map(([, { state }]) => state)).toContain(truth);
    // Whatever was created is deleted, or named.
    const kept = results.filter(
      ([, { created, deletes, left }]) => created && deletes === 0 && left.length === 0,
    );
    expect(kept).toEqual([]);
    process.stdout.write(`a pod that ${how}: ${results.length} faults\n`);
  });
});

async function exitOf(host: Host, argv: string[]): Promise<number> {
  const nowhere = { write: () => {}, columns: null };
  const { signal } = new AbortController();
  const context = { host, version: '0', signal, argv, stdout: nowhere, stderr: nowhere };
  return runCommandLine(context).catch((error: unknown) => {
    if (error instanceof UserError) return error.exitCode;
    throw error;
  });
}

describe('a log', () => {
  const recorded = (name: string): Buffer => readFileSync(path.resolve(fixtures, '../logs', name));
  const [journal, events] = ['affected.journal-export', 'affected.events-json'].map(recorded);
  const host = (): Host =>
    fakeHost({
      files: { '/log': journal ?? '', '/log.gz': gzipSync(journal ?? '') },
      input: String(journal),
      programs: ['/bin/kubectl', '/bin/journalctl'],
      env: { PATH: '/bin', KUBECONFIG: '/config' },
      run: ({ file, args }) =>
        file === 'journalctl'
          ? { writes: [String(journal)] }
          : { writes: args.includes('events') ? [String(events)] : ['{"kind":"List","items":[]}'] },
    });

  it.each([
    ['/log', 1],
    ['/log.gz', 1],
    ['-', 1],
    ['--unit=kubelet', 1],
    ['--cluster', 1],
  ])('of the defect, by %s, is never without a sign of it', async (source, right) => {
    const argv = ['diagnose', source];
    expect(await exitOf(host(), argv)).toBe(right);
    const results = await withEach((through) => exitOf(through(host()), argv));
    // The half of a log that somebody cut is a whole log, for all that can be known.
    const lies = results.filter(([{ kind }, exitCode]) => exitCode === 0 && kind !== 'truncated');
    expect(lies).toEqual([]);
    expect(results.length).toBeGreaterThan(1);
  });
});

describe('the network', () => {
  const revision = 'a'.repeat(40);
  // The snapshot has nothing to say of it.
  const channel = 'nixos-27.05';
  const lock = {
    version: 7,
    root: 'root',
    nodes: {
      root: { inputs: { nixpkgs: 'nixpkgs' } },
      nixpkgs: { locked: { type: 'github', owner: 'NixOS', repo: 'nixpkgs', rev: revision } },
    },
  };
  const commands = [
    ['status', channel],
    ['status', channel, '--no-cache'],
    ['status', channel, '--offline'],
    ['check', '--rev', revision],
    ['check', '--flake-lock', '/work/flake.lock'],
  ];

  /** A machine that reads this file of util-linux from the network, with a cache that has been filled from it. */
  async function machine(source: string): Promise<Host> {
    const [file = ''] = advisory.nixpkgs.files;
    const host = fakeHost({
      files: { '/work/flake.lock': JSON.stringify(lock) },
      directories: ['/cache'],
      env: { XDG_CACHE_HOME: '/cache', GITHUB_TOKEN: 'given' },
      answers: {
        [`https://channels.nixos.org/${channel}/git-revision`]: { body: `${revision}\n` },
        [`https://raw.githubusercontent.com/NixOS/nixpkgs/${revision}/${file}`]: { body: source },
      },
    });
    expect(await exitOf(host, ['status', channel])).toBeLessThan(2);
    return host;
  }

  it.each([
    ['bare-2.41', 1],
    ['patched', 0],
    ['fetchpatch-stable', 0],
    ['upstream-2.41.1', 0],
    ['older-2.40.4', 0],
  ])('gives no other verdict of %s for what goes wrong with it', async (name, right) => {
    const directory = path.join(fixtures, name, 'pkgs/by-name/ut/util-linux');
    const source = readFileSync(path.join(directory, 'package.nix'), 'utf8');
    let tried = 0;
    for (const argv of commands) {
      const results = await withEach(async (through) => exitOf(through(await machine(source)), argv));
      // 2 for a file that the user named, 3 for what cannot be determined.
      expect(
        results.filter(([, exitCode]) => ![right, 2, 3].includes(exitCode)),
        argv.join(' '),
      ).toEqual([]);
      tried += results.length;
    }
    expect(tried).toBeGreaterThan(25);
    process.stdout.write(`the network, ${name}: ${tried} faults\n`);
  });
});
