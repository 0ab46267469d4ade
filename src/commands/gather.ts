/** The facts that `check` and `generate` judge: from their options, or from the machine. */
import { advisory } from '../advisory/index.ts';
import { defaultDistribution, distributions } from '../distributions/index.ts';
import { UserError } from '../errors.ts';
import { known, unknown } from '../facts/fact.ts';
import { type Facts, noFacts } from '../facts/facts.ts';
import { givenFacts } from '../facts/given/given.ts';
import type { NodeFacts } from '../facts/node/node-facts.ts';
import type { Host } from '../host/host.ts';
import type { SystemRequest } from '../remedy/system.ts';
import type { Inspected } from '../report/documents/judged.ts';
import type { Advice } from '../verdict/advice.ts';
import { driftOf } from '../verdict/drift.ts';
import { judge } from '../verdict/judge.ts';
import { type Note, notesOf } from '../verdict/notes.ts';
import type { Verdict } from '../verdict/verdict.ts';
import { type Context, hostFor } from './context.ts';
import type { SystemOptions } from './system-options.ts';

interface Found {
  facts: Partial<Facts>;
  hostname?: string | null;
  node?: NodeFacts;
  notes?: Note[];
  /** what decides, where the evidence alone cannot */
  choices?: Advice[];
  request?: SystemRequest;
}

export interface Gathered extends Inspected {
  /** what the options themselves say about the fix to generate */
  request: SystemRequest;
}

/**
 * Without options that describe a system, the machine is inspected.
 * @throws {UserError} when options conflict, or a directory does not exist
 */
export async function gather(context: Context, options: SystemOptions): Promise<Gathered> {
  const found = await find(context, options);
  const { node = null, hostname = null, notes = [], choices = [], request = {} } = found;
  // What the user says about the system overrides what nixpkgs would give it.
  const facts = { ...noFacts(), ...found.facts, ...givenFacts(options) };
  if (!node) facts.noKubelet = withoutKubelet(options, request);
  if (node) notes.push(...notesOf(node, facts, advisory));
  const verdict = judge(facts, advisory);
  return {
    version: context.version,
    advisory,
    verdict: choices.length === 0 ? verdict : { ...verdict, toConfirm: [...choices, ...atNode(verdict)] },
    facts,
    hostname,
    node,
    drift: node && driftOf(node, facts, advisory),
    notes,
    request,
  };
}

/** What --role says; on a machine, what runs there counts. */
function withoutKubelet({ distro, role }: SystemOptions, request: SystemRequest): Facts['noKubelet'] {
  if (role === undefined) return unknown('not-given', 'not given');
  const distribution = distro ?? request.distribution ?? defaultDistribution;
  const why = distributions[distribution].withoutKubelet?.[role];
  return why === undefined
    ? unknown('not-applicable', `a ${distribution} ${role} runs a kubelet`)
    : known(why, `--role ${role}`);
}

/** What decides without more about nixpkgs, where a lock file has several. */
const atNode = ({ toConfirm }: Verdict): Advice[] => toConfirm.filter(({ code }) => code === 'test-mount');

async function find(context: Context, options: SystemOptions): Promise<Found> {
  const { channel, utilLinux, nixpkgs, flakeLock, lock, input, rev, nodeRoot } = options;
  const locks = { '--flake-lock': flakeLock, '--lock': lock };
  const sources = { '--nixpkgs': nixpkgs, ...locks, '--rev': rev, '--node-root': nodeRoot };
  const given = Object.entries(sources).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  if (given.length > 1)
    throw new UserError(`${given.join(' and ')} cannot be used together: give one of them`);
  if (nixpkgs !== undefined) {
    const { readNixpkgs } = await import('../facts/nixpkgs/read.ts');
    return { facts: await readNixpkgs(hostFor(context, options), nixpkgs, advisory) };
  }
  const file = flakeLock ?? lock;
  if (input !== undefined && file === undefined)
    throw new UserError('--input names an input of a lock file: give that with --flake-lock or --lock');
  if (file !== undefined) {
    const { fromLock } = await import('./lock.ts');
    return fromLock(context, options, flakeLock === undefined ? '--lock' : '--flake-lock', file);
  }
  if (rev !== undefined) {
    const { fromRevision } = await import('./revision.ts');
    return { facts: await fromRevision(context, options, rev) };
  }
  if (nodeRoot === undefined && (channel !== undefined || utilLinux !== undefined)) return { facts: {} };
  return fromNode(context, options);
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
  if (process.platform === 'linux' || context.take) return examine(machine, true);
  throw new UserError('nothing to check: give --channel and --util-linux, or run this on the node');
}
