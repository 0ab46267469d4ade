/** Every parser of what comes from outside, each with examples of what it reads. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { zipSync } from 'fflate';
import { parseChannel } from '../../src/advisory/channel.ts';
import { advisory } from '../../src/advisory/index.ts';
import { matchSignature } from '../../src/advisory/signatures.ts';
import { parseMountVersion, parseVersion } from '../../src/advisory/version.ts';
import { parsePods } from '../../src/cluster/pods.ts';
import { eventView, itemsOf, nodeView, parsed, podView } from '../../src/cluster/views.ts';
import { readSince } from '../../src/commands/since.ts';
import { UserError } from '../../src/errors.ts';
import { readConfiguration } from '../../src/facts/configuration/read.ts';
import { NotUnderstood } from '../../src/facts/fact.ts';
import { isChannelName } from '../../src/facts/given/channel-names.ts';
import { readLeftovers } from '../../src/facts/leftovers/leftovers.ts';
import { parseElf } from '../../src/facts/mount/elf.ts';
import { storeVersion } from '../../src/facts/mount/store-path.ts';
import { parseWrapper } from '../../src/facts/mount/wrapper.ts';
import { parseRevision, recallChannel } from '../../src/facts/nixpkgs/channel-revision.ts';
import { parseDerivation } from '../../src/facts/nixpkgs/derivation.ts';
import { parseLock } from '../../src/facts/nixpkgs/locks/read.ts';
import { parseEnvironmentFile } from '../../src/facts/node/environment-file.ts';
import { parseEnviron } from '../../src/facts/node/process.ts';
import { parseUnit } from '../../src/facts/node/unit.ts';
import { splitWords } from '../../src/facts/node/unit-syntax.ts';
import type { Tree } from '../../src/host/tree.ts';
import { generatedLine } from '../../src/render/render.ts';
import { printable, printableLine, shellQuoted, xmlText } from '../../src/text/escape.ts';
import { wrapped } from '../../src/text/table.ts';
import { configurations } from '../cli/audit/configurations.ts';
import { readAll } from '../helpers/diagnosed.ts';
import { fakeHost } from '../helpers/fake-host.ts';
import { factsInText } from './package.ts';

export interface Parser {
  name: string;
  examples: Buffer[];
  read(input: Buffer): unknown;
  /** how often it is tried, beside the others; default: 4 */
  weight?: number;
}

const root = path.resolve(process.cwd(), 'test/fixtures');
const texts = (...all: string[]): Buffer[] => all.map((text) => Buffer.from(text));

/** The files of these names in the fixtures. */
function found(directory: string, wanted: RegExp): Buffer[] {
  return readdirSync(path.join(root, directory), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((file) => wanted.test(file))
    .map((file) => readFileSync(file))
    .filter(({ length }) => length > 0);
}

/** A parser of text, which is never bytes that are no UTF-8. */
const text =
  (read: (input: string) => unknown) =>
  (input: Buffer): unknown =>
    read(input.toString('utf8'));

/** What it says of text that is not understood is one of these; anything else is a fault of the program. */
async function orRefused(reading: Promise<unknown>): Promise<unknown> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof UserError || error instanceof NotUnderstood) return null;
    throw error;
  }
}

const lock = JSON.stringify({
  version: 7,
  root: 'root',
  nodes: {
    root: { inputs: { nixpkgs: 'nixpkgs', k0s: 'k0s', other: ['k0s', 'nixpkgs'] } },
    k0s: { inputs: { nixpkgs: ['nixpkgs'] }, locked: { repo: 'k0s-nix', rev: 'b'.repeat(40) } },
    nixpkgs: { inputs: {}, locked: { rev: 'a'.repeat(40), type: 'github' } },
  },
});

const npins = JSON.stringify({
  version: 5,
  pins: {
    nixpkgs: {
      type: 'Channel',
      name: 'nixos-25.05',
      url: `https://releases.nixos.org/nixos/25.05/nixos-25.05.1.${'a'.repeat(12)}/nixexprs.tar.xz`,
    },
  },
});
const niv = JSON.stringify({
  nixpkgs: { owner: 'NixOS', repo: 'nixpkgs', rev: 'a'.repeat(40), branch: 'nixos-25.05' },
});

const kept = {
  revision: 'a'.repeat(40),
  date: null,
  asOf: '2026-01-01T00:00:00Z',
  url: 'http://a',
  etag: '"a"',
};
const pod = {
  metadata: { name: 'a', namespace: 'b', uid: '0-1-2', ownerReferences: [{ kind: 'ReplicaSet', name: 'c' }] },
  spec: { nodeName: 'n', containers: [{ name: 'c', volumeMounts: [{ subPath: 'x' }] }] },
  status: {
    phase: 'Pending',
    conditions: [{ type: 'PodScheduled', status: 'True', reason: 'a', message: 'b' }],
    containerStatuses: [
      { name: 'c', state: { waiting: { reason: 'CreateContainerError', message: 'file exists' } } },
    ],
  },
};
const event = {
  reason: 'Failed',
  message: 'mkdir /x: file exists',
  involvedObject: { fieldPath: 'spec.containers{c}' },
};
const node = {
  metadata: { name: 'n', labels: {} },
  spec: { taints: [] },
  status: { conditions: [], images: [] },
};

/** A configuration of one file. */
const onlyFile = (content: string): Tree => ({
  entries: async () => [{ name: 'flake.nix', kind: 'file' }],
  target: async () => ({ target: '/', outside: true }),
  readText: async () => content,
});

export const parsers: Parser[] = [
  {
    name: 'a package.nix of util-linux',
    examples: found('nixpkgs', /\.nix$/),
    read: (input) => orRefused(factsInText(input.toString('utf8'))),
    weight: 2,
  },
  {
    name: 'a file of a configuration',
    examples: configurations.flatMap(({ files }) => texts(...Object.values(files))),
    read: (input) => readConfiguration(onlyFile(input.toString('utf8')), advisory, generatedLine),
    weight: 2,
  },
  {
    name: 'a lock file',
    examples: texts(lock, npins, niv),
    read: (input) => orRefused(Promise.resolve().then(() => parseLock(input.toString('utf8'), 'a.json'))),
  },
  {
    name: 'a derivation',
    examples: texts(
      JSON.stringify({
        '/nix/store/x.drv': {
          env: { version: '2.41', patches: `/nix/store/${'a'.repeat(32)}-fix-mount-regression.patch` },
        },
      }),
    ),
    read: text(parseDerivation),
  },
  { name: 'a mount table', examples: found('nodes', /mountinfo$/), read: mountTable },
  {
    name: 'an ELF file',
    examples: [readFileSync(process.execPath).subarray(0, 4096), elf()],
    read: parseElf,
  },
  {
    name: 'a wrapper',
    examples: [...found('nodes', /\/bin\/(k0s|k3s|rke2|mount)$/), makeCWrapper()],
    read: parseWrapper,
  },
  {
    name: 'a unit',
    examples: found('nodes', /\.(service|conf)$/),
    read: text((input) => parseUnit([{ file: 'x', text: input }])),
  },
  { name: 'words', examples: texts(`a "b c" 'd' \\x2d %% \\"`), read: text(splitWords) },
  {
    name: 'an environment file',
    examples: found('nodes', /(os-release|\.env)$/),
    read: text(parseEnvironmentFile),
  },
  { name: 'an environment', examples: found('nodes', /environ$/), read: text(parseEnviron) },
  {
    name: 'a version',
    examples: texts(
      '2.41',
      'mount from util-linux 2.41 (libmount 2.41.0: btrfs)',
      'util-linux-2.41-bin',
      '2.41-rc1',
      '2.41-5',
    ),
    read: text((input) => [parseVersion(input), parseMountVersion(input), storeVersion(input)]),
  },
  {
    name: 'a channel',
    examples: texts(
      'nixos-25.05',
      '25.05.20250522.55d1f92',
      'nixos https://nixos.org/channels/nixos-25.05',
      'unstable',
    ),
    read: text((input) => [parseChannel(input), isChannelName(input), parseRevision(input)]),
  },
  {
    name: 'what mount says',
    examples: texts('mount: /x: wrong fs type, bad option, bad superblock on /proc/1/fd/7, missing codepage'),
    read: text((input) => [
      matchSignature(input, advisory),
      matchSignature(input, advisory, { mountSays: true }),
    ]),
  },
  { name: 'a log', examples: found('logs', /\.(journal-short|events-yaml|describe)$/), read: log },
  { name: 'a packed log', examples: packedLogs(), read: log },
  {
    name: 'an answer of the API',
    examples: texts(...[pod, event, node, { items: [pod, event] }].map((each) => JSON.stringify(each))),
    read: text((input) => {
      const value = parsed(input);
      return [...itemsOf(value), value].map((each) => [podView(each), eventView(each), nodeView(each)]);
    }),
  },
  {
    name: 'a list of pods',
    examples: texts('0-1-2\tdefault\ta\tn\n'),
    read: text((input) => parsePods(input.split('\n'))),
  },
  {
    name: 'a report of an earlier run',
    examples: texts(
      JSON.stringify({
        command: 'status',
        channels: [{ name: 'a', state: 'fixed', summary: 'b', utilLinux: null }],
      }),
    ),
    read: text((input) => orRefused(readSince(fakeHost({ files: { '/d/f': input } }), '/d/f'))),
  },
  {
    name: 'a channel in the cache',
    examples: texts(JSON.stringify(kept)),
    read: text((input) => {
      const host = { ...fakeHost(), readText: async () => input };
      const never = new AbortController().signal;
      const remote = {
        bases: ['http://a'],
        rawBases: [],
        files: [],
        cache: '/c',
        signal: never,
        deadline: 0,
      };
      return recallChannel({ ...remote, advisory, host, token: async () => null }, 'a');
    }),
  },
  {
    name: 'text for people',
    examples: texts('a\u001b]8;;http://user:pass@a?b=c\u0007\n b \u202e\ufffe', "it's $(x)"),
    read: text((input) => {
      const shown = [
        printableLine(input),
        xmlText(printable(input)),
        shellQuoted({ file: input, args: [input] }),
      ];
      wrapped(input, 40, '', '  ');
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not get through
      if (shown.some((each) => /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e\ufffe]/.test(each)))
        throw new Error('a control character got through');
    }),
  },
];

/** In two pieces it shows what it shows in one; what is packed, and hostile, is damaged at most. */
async function log(input: Buffer): Promise<void> {
  const half = Math.floor(input.length / 2);
  const [whole, cut] = await Promise.all([
    readAll([input]),
    readAll([input.subarray(0, half), input.subarray(half)]),
  ]);
  // How much of a damaged part is unpacked depends on the pieces.
  const isDamaged = [...whole.logs, ...cut.logs].some(({ damage }) => damage !== null);
  if (!isDamaged && JSON.stringify(whole.findings) !== JSON.stringify(cut.findings))
    throw new Error('it shows something else in pieces');
}

function packedLogs(): Buffer[] {
  const plain = found('logs', /affected\.events-table$/)[0] ?? Buffer.alloc(0);
  return [gzipSync(plain), Buffer.from(zipSync({ 'a/b': plain, c: gzipSync(plain) }))];
}

function mountTable(input: Buffer): unknown {
  const host = fakeHost();
  return orRefused(
    readLeftovers({
      ...host,
      async *readChunks() {
        yield input;
      },
    }),
  );
}

/** The smallest one with an interpreter and a library. */
function elf(): Buffer {
  const file = Buffer.alloc(512);
  file.write('\u007fELF\u0002\u0001', 'latin1');
  file.writeBigUInt64LE(64n, 32);
  file.writeUInt16LE(56, 54);
  file.writeUInt16LE(2, 56);
  const segments = [
    [3, 400, 400, 16],
    [2, 256, 256, 64],
  ] as const;
  for (const [index, [type, offset, address, size]] of segments.entries()) {
    const at = 64 + index * 56;
    file.writeUInt32LE(type, at);
    file.writeBigUInt64LE(BigInt(offset), at + 8);
    file.writeBigUInt64LE(BigInt(address), at + 16);
    file.writeBigUInt64LE(BigInt(size), at + 32);
  }
  const entries = [5n, 420n, 1n, 0n, 29n, 16n];
  for (const [index, value] of entries.entries()) file.writeBigUInt64LE(value, 256 + index * 8);
  file.write('/lib/ld.so\0', 400);
  file.write('libmount.so.1\0\0\0/lib:/usr/lib\0', 420);
  return file;
}

function makeCWrapper(): Buffer {
  return Buffer.from(
    "\u007fELF\0\0makeCWrapper '/nix/store/x/bin/.k0s-wrapped' \\\n    --prefix 'PATH' ':' '/nix/store/y/bin' \\\n    --set 'A' 'b'\n\0",
    'latin1',
  );
}
