/** The facts that `check` and `generate` judge: from their options, or from the machine. */
import { advisory } from '../advisory/index.ts';
import { unreadable } from '../facts/fact.ts';
import { type Facts, noFacts } from '../facts/facts.ts';
import { type GivenOptions, givenFacts } from '../facts/given/given.ts';
import type { NodeExamination } from '../facts/node/examine.ts';
import { RequestError } from '../remedy/system.ts';
import { type Context, type SharedOptions, verboseHost } from './context.ts';
import type { NetworkOptions } from './network.ts';

export interface SystemOptions extends GivenOptions, NetworkOptions, SharedOptions {
  nixpkgs?: string;
  flakeLock?: string;
  rev?: string;
  nodeRoot?: string;
}

export interface Gathered {
  facts: Facts;
  /** what the machine says; null where the options said it all */
  examination: NodeExamination | null;
  /** what is worth a word beside the verdict */
  notes: string[];
}

/**
 * Without a word of the system on the command line, the machine is examined.
 * @throws {RequestError} when two options say where nixpkgs is, or a directory is not there
 */
export async function gather(context: Context, options: SystemOptions): Promise<Gathered> {
  const { channel, utilLinux, nixpkgs, flakeLock, rev, nodeRoot } = options;
  const sources = { '--nixpkgs': nixpkgs, '--flake-lock': flakeLock, '--rev': rev, '--node-root': nodeRoot };
  const given = Object.entries(sources).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  if (given.length > 1)
    throw new RequestError(`${given.join(' and ')} say different things: give one of them`);
  const said = givenFacts(options);
  if (nixpkgs !== undefined) return fromNixpkgs(context, options, nixpkgs, said);
  if (flakeLock !== undefined) return fromFlakeLock(context, options, flakeLock, said);
  if (rev !== undefined) return fromRevision(context, options, rev, said, []);
  if (nodeRoot === undefined && (channel !== undefined || utilLinux !== undefined)) {
    return { facts: { ...noFacts(), ...said }, examination: null, notes: [] };
  }
  return fromNode(context, options, said);
}

/** What is said of the system comes before what a nixpkgs would give it. */
async function fromNixpkgs(
  context: Context,
  options: SystemOptions,
  given: string,
  said: Partial<Facts>,
): Promise<Gathered> {
  const { readNixpkgs } = await import('../facts/nixpkgs/package.ts');
  const read = await readNixpkgs(verboseHost(context, options), given, advisory);
  return { facts: { ...noFacts(), ...read, ...said }, examination: null, notes: [] };
}

async function fromFlakeLock(
  context: Context,
  options: SystemOptions,
  file: string,
  said: Partial<Facts>,
): Promise<Gathered> {
  const { readFlakeLock } = await import('../facts/nixpkgs/flake-lock.ts');
  const pins = await readFlakeLock(verboseHost(context, options), file);
  const pin = typeof pins === 'string' ? null : (pins.k0s ?? pins.system);
  if (typeof pins === 'string' || pin === null) {
    const reason = typeof pins === 'string' ? pins : `${file}: pins no nixpkgs by a commit`;
    return { facts: { ...noFacts(), patches: unreadable(reason), ...said }, examination: null, notes: [] };
  }
  const notes: string[] = [];
  const { system, k0s } = pins;
  if (k0s && k0s.revision !== system?.revision) {
    const other = system
      ? `the system's nixpkgs is ${system.revision.slice(0, 12)}`
      : 'the flake pins no nixpkgs of its own';
    notes.push(
      `k0s-nix has a nixpkgs of its own, ${k0s.revision.slice(0, 12)} (${k0s.input}); its util-linux wraps k0s, so it was judged; ${other}`,
    );
  }
  return fromRevision(context, options, pin.revision, said, notes);
}

async function fromRevision(
  context: Context,
  options: SystemOptions,
  revision: string,
  said: Partial<Facts>,
  notes: string[],
): Promise<Gathered> {
  if (!/^[0-9a-f]{40}$/.test(revision)) {
    throw new RequestError(`--rev "${revision.slice(0, 60)}": not a commit id of 40 hexadecimal digits`);
  }
  const [{ network }, { readRevision }] = await Promise.all([
    import('./network.ts'),
    import('../facts/nixpkgs/remote.ts'),
  ]);
  const { remote, done } = network(context, options);
  try {
    const read = await readRevision(remote, revision, advisory);
    return { facts: { ...noFacts(), ...read, ...said }, examination: null, notes };
  } finally {
    done();
  }
}

async function fromNode(context: Context, options: SystemOptions, said: Partial<Facts>): Promise<Gathered> {
  const [{ examineNode }, { trapsOf }] = await Promise.all([
    import('../facts/node/examine.ts'),
    import('../verdict/notes.ts'),
  ]);
  const here = verboseHost(context, options);
  const { nodeRoot } = options;
  if (nodeRoot === undefined && process.platform !== 'linux') {
    throw new RequestError('nothing to judge by: give --channel and --util-linux, or run this on the node');
  }
  if (nodeRoot !== undefined && !(await here.isDirectory(nodeRoot))) {
    throw new RequestError(`--node-root ${nodeRoot}: is not a directory`);
  }
  const host = nodeRoot === undefined ? here : (await import('../host/rooted.ts')).rooted(here, nodeRoot);
  const examination = await examineNode(host, advisory, {
    live: nodeRoot === undefined,
    signal: context.signal,
  });
  const facts = { ...examination.facts, ...said };
  return { facts, examination, notes: trapsOf(examination.node, facts, advisory) };
}
