/** One channel, read from the network, the cache or the snapshot. */
import { inSnapshot, type SnapshotEntry, snapshot } from '../../advisory/snapshot.ts';
import { HttpError } from '../../host/http-rules.ts';
import type { NixpkgsFacts } from '../facts.ts';
import { type ChannelRevision, readChannel, recallChannel } from './channel-revision.ts';
import type { Remote } from './mirrors.ts';
import { readFacts, recallFacts } from './remote.ts';

export const readingSources = ['network', 'cache', 'snapshot', 'nowhere'] as const;

export type ChannelReading = { name: string } & (
  | { from: 'network' | 'cache'; at: ChannelRevision; facts: NixpkgsFacts }
  | { from: 'snapshot'; asOf: string; entry: SnapshotEntry }
  | { from: 'nowhere'; asked: boolean; at: ChannelRevision | null; reason: string }
);

/** Reads a channel over HTTP. An error becomes part of the reading, and does not affect other channels. */
export async function readOnline(remote: Remote, name: string): Promise<ChannelReading> {
  let at: ChannelRevision | null = null;
  try {
    at = await readChannel(remote, name);
    return { name, from: 'network', at, facts: await readFacts(remote, at.revision) };
  } catch (error) {
    if (error instanceof HttpError) return { name, from: 'nowhere', asked: true, at, reason: error.message };
    throw error;
  }
}

/** The same without a network: what was seen last, else what the snapshot knows. */
export async function readOffline(remote: Remote, name: string): Promise<ChannelReading> {
  const at = await recallChannel(remote, name);
  const facts = at && (await recallFacts(remote, at.revision));
  if (at && facts) return { name, from: 'cache', at, facts };
  const { asOf } = snapshot;
  const entry = inSnapshot(name, snapshot);
  if (entry) return { name, from: 'snapshot', asOf, entry };
  const reason = `it is neither in the cache nor in the snapshot of ${asOf}`;
  return { name, from: 'nowhere', asked: false, at: null, reason };
}
