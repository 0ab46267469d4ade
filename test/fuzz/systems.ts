/** Systems that are affected: whatever is damaged of what is read of them, they are never called good. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { advisory } from '../../src/advisory/index.ts';
import { UserError } from '../../src/errors.ts';
import { NotUnderstood } from '../../src/facts/fact.ts';
import { noFacts } from '../../src/facts/facts.ts';
import { examineNode } from '../../src/facts/node/examine.ts';
import { judge } from '../../src/verdict/judge.ts';
import type { State } from '../../src/verdict/states.ts';
import { fakeHost } from '../helpers/fake-host.ts';
import { factsInText } from './package.ts';
import type { Random } from './random.ts';

export interface System {
  name: string;
  /** what is read of it, by the name of its file */
  files: Record<string, Buffer>;
  /** @returns null where it is refused */
  judge(files: Record<string, Buffer>): Promise<State | null>;
}

const fixtures = path.resolve(process.cwd(), 'test/fixtures');
const nodes = [
  'debian-k3s-agent-affected',
  'arch-microk8s-affected',
  'k0s-worker-affected',
  'rke2-agent-affected',
];
const packages = ['bare-2.41', 'with-patches', 'no-patches'];

export const systems: System[] = [...nodes.map(nodeSystem), ...packages.map(packageSystem)];

function nodeSystem(name: string): System {
  const directory = path.join(fixtures, 'nodes', name);
  const root = path.join(directory, 'root');
  const links = JSON.parse(readFileSync(path.join(directory, 'links.json'), 'utf8')) as Record<
    string,
    string
  >;
  const files = Object.fromEntries(
    readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => {
        const file = path.join(entry.parentPath, entry.name);
        return [file.slice(root.length), readFileSync(file)];
      }),
  );
  return {
    name: `the node ${name}`,
    files,
    async judge(damaged) {
      // The machine in memory holds text: here each byte is a character of it.
      const entries = Object.entries(damaged).map(([file, bytes]) => [file, bytes.toString('latin1')]);
      const machine = fakeHost({ files: Object.fromEntries(entries), links });
      const bytesOf = async (file: string): Promise<Buffer> =>
        Buffer.from(await machine.readText(file, 10_000_000), 'latin1');
      const host = {
        ...machine,
        readText: async (file: string) => (await bytesOf(file)).toString('utf8'),
        readHead: async (file: string, bytes: number) => (await bytesOf(file)).subarray(0, bytes),
        async *readChunks(file: string) {
          yield await bytesOf(file);
        },
        processes: async () => processesOf(damaged, links),
        findProgram: async (program: string, searchPath = '') => {
          for (const each of searchPath.split(':')) {
            const file = path.posix.join('/', each, program);
            if ((await bytesOf(file).catch(() => null)) !== null) return file;
          }
          return null;
        },
      };
      const { signal } = new AbortController();
      const { facts } = await examineNode(host, advisory, { live: false, signal });
      return judge(facts, advisory).state;
    },
  };
}

const processesOf = (files: Record<string, Buffer>, links: Record<string, string>) =>
  Object.entries(files).flatMap(([file, bytes]) => {
    const pid = /^\/proc\/(\d+)\/cmdline$/.exec(file)?.[1];
    const argv = bytes.toString('utf8').replace(/\0+$/, '').split('\0');
    if (pid === undefined) return [];
    return [{ pid: Number(pid), argv, program: links[`/proc/${pid}/exe`] ?? null }];
  });

function packageSystem(name: string): System {
  const at = path.join(fixtures, 'nixpkgs', name, 'pkgs/by-name/ut/util-linux/package.nix');
  return {
    name: `the nixpkgs ${path.basename(name)}`,
    files: { 'package.nix': readFileSync(at) },
    async judge({ 'package.nix': file = Buffer.alloc(0) }) {
      try {
        const facts = await factsInText(file.toString('utf8'));
        return judge({ ...noFacts(), ...facts }, advisory).state;
      } catch (error) {
        if (error instanceof NotUnderstood || error instanceof UserError) return null;
        throw error;
      }
    },
  };
}

/** One of its files that has a content. */
export const someFile = ({ files }: System, random: Random): string =>
  random.of(Object.keys(files).filter((file) => (files[file]?.length ?? 0) > 0));
