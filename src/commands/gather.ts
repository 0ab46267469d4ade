/** The facts that `check` and `generate` judge: from their options, or from the machine. */
import { advisory } from '../advisory/index.ts';
import { distributions } from '../distributions/index.ts';
import { UserError } from '../errors.ts';
import { unreadable } from '../facts/fact.ts';
import { type Facts, noFacts } from '../facts/facts.ts';
import { type GivenOptions, givenFacts } from '../facts/given/given.ts';
import type { NodeFacts } from '../facts/node/node-facts.ts';
import type { Host } from '../host/host.ts';
import type { Inspected } from '../report/documents/judged.ts';
import { driftOf } from '../verdict/drift.ts';
import { judge } from '../verdict/judge.ts';
import { type Note, notesOf } from '../verdict/notes.ts';
import { type Context, hostFor, type SharedOptions } from './context.ts';
import type { NetworkOptions } from './network.ts';

export interface SystemOptions extends GivenOptions, NetworkOptions, SharedOptions {
  nixpkgs?: string;
  flakeLock?: string;
  rev?: string;
  nodeRoot?: string;
}

interface Found {
  facts: Partial<Facts>;
  hostname?: string | null;
  node?: NodeFacts;
  notes?: Note[];
}

/**
 * Without options that describe a system, the machine is inspected.
 * @throws {UserError} when options conflict, or a directory does not exist
 */
export async function gather(context: Context, options: SystemOptions): Promise<Inspected> {
  const { node = null, hostname = null, notes = [], facts: found } = await find(context, options);
  // What the user says about the system overrides what nixpkgs would give it.
  const facts = { ...noFacts(), ...found, ...givenFacts(options) };
  if (node) notes.push(...notesOf(node, facts, advisory));
  return {
    version: context.version,
    advisory,
    verdict: judge(facts, advisory),
    facts,
    hostname,
    node,
    drift: node && driftOf(node, facts, advisory),
    notes,
  };
}

async function find(context: Context, options: SystemOptions): Promise<Found> {
  const { channel, utilLinux, nixpkgs, flakeLock, rev, nodeRoot } = options;
  const sources = { '--nixpkgs': nixpkgs, '--flake-lock': flakeLock, '--rev': rev, '--node-root': nodeRoot };
  const given = Object.entries(sources).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  if (given.length > 1)
    throw new UserError(`${given.join(' and ')} cannot be used together: give one of them`);
  if (nixpkgs !== undefined) {
    const { readNixpkgs } = await import('../facts/nixpkgs/read.ts');
    return { facts: await readNixpkgs(hostFor(context, options), nixpkgs, advisory) };
  }
  if (flakeLock !== undefined) return fromFlakeLock(context, options, flakeLock);
  if (rev !== undefined) return { facts: await fromRevision(context, options, rev) };
  if (nodeRoot === undefined && (channel !== undefined || utilLinux !== undefined)) return { facts: {} };
  return fromNode(context, options);
}

async function fromFlakeLock(context: Context, options: SystemOptions, file: string): Promise<Found> {
  const { readFlakeLock } = await import('../facts/nixpkgs/flake-lock.ts');
  const pins = await readFlakeLock(hostFor(context, options), file);
  if (!pins.known) return { facts: { patches: pins } };
  const { system, packaged } = pins.value;
  const pin = packaged ?? system;
  if (pin === null) {
    return { facts: { patches: unreadable('not-understood', `${file}: does not pin nixpkgs to a commit`) } };
  }
  const notes: Note[] = [];
  if (packaged && packaged.revision !== system?.revision) {
    const { distribution, input, revision } = packaged;
    const other = system
      ? `the system's nixpkgs is ${system.revision.slice(0, 12)}`
      : 'the flake itself pins no nixpkgs';
    notes.push({
      code: 'other-nixpkgs',
      text: `${distributions[distribution].flakeRepository} pins its own nixpkgs, ${revision.slice(0, 12)} (${input}); ${distribution} is wrapped with its util-linux, so that one was checked; ${other}`,
    });
  }
  return { facts: await fromRevision(context, options, pin.revision), notes };
}

async function fromRevision(
  context: Context,
  options: SystemOptions,
  revision: string,
): Promise<Partial<Facts>> {
  if (!/^[0-9a-f]{40}$/.test(revision)) {
    throw new UserError(`--rev "${revision.slice(0, 60)}": not a commit id of 40 hexadecimal digits`);
  }
  const [{ network }, { readRevision }] = await Promise.all([
    import('./network.ts'),
    import('../facts/nixpkgs/remote.ts'),
  ]);
  return readRevision(network(context, options), revision);
}

/** This machine, or the system that is mounted in --node-root. @throws {UserError} */
async function fromNode(context: Context, options: SystemOptions): Promise<Found> {
  const { examineNode } = await import('../facts/node/examine.ts');
  const { nodeRoot } = options;
  const { signal } = context;
  const machine = hostFor(context, options);
  const examine = async (host: Host, live: boolean): Promise<Found> => ({
    ...(await examineNode(host, advisory, { live, signal })),
    hostname: host.hostname,
  });
  if (nodeRoot !== undefined) {
    const { rooted } = await import('../host/rooted.ts');
    return examine(await rooted(machine, nodeRoot), false);
  }
  if (process.platform === 'linux') return examine(machine, true);
  throw new UserError('nothing to check: give --channel and --util-linux, or run this on the node');
}
