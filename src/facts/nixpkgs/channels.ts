/** One channel, as far as it can be known: from the network, from what is kept, from the snapshot. */
import type { Advisory } from '../../advisory/index.ts';
import { inSnapshot, type SnapshotEntry, snapshot } from '../../advisory/snapshot.ts';
import { HttpError } from '../../host/http-rules.ts';
import { unreadable } from '../fact.ts';
import { FileError, type Remote } from './mirrors.ts';
import type { NixpkgsFacts } from './package.ts';
import { type ChannelRevision, readChannel, readFile, recallChannel, recallFile } from './remote.ts';

export type ChannelReading = { name: string } & (
  | { from: 'network' | 'cache'; at: ChannelRevision; facts: NixpkgsFacts }
  | { from: 'snapshot'; asOf: string; entry: SnapshotEntry }
  | { from: 'nowhere'; asked: boolean; at: ChannelRevision | null; reason: string }
);

/** Reads a channel over HTTP. Whatever goes wrong is the reading's, so that it spoils no other. */
export async function readOnline(remote: Remote, name: string, advisory: Advisory): Promise<ChannelReading> {
  let at: ChannelRevision | null = null;
  try {
    at = await readChannel(remote, name);
    const kept = await recallFile(remote, at.revision, advisory);
    const facts = kept ?? (await readFile(remote, at.revision, advisory));
    return { name, from: 'network', at, facts };
  } catch (error) {
    if (error instanceof FileError && at) {
      const fact = unreadable(error.message);
      const facts = { utilLinux: fact, patches: fact, withPatches: fact, revision: fact };
      return { name, from: 'network', at, facts };
    }
    if (error instanceof HttpError) return { name, from: 'nowhere', asked: true, at, reason: error.message };
    throw error;
  }
}

/** The same without a network: what was seen last, else what the snapshot knows. */
export async function readOffline(remote: Remote, name: string, advisory: Advisory): Promise<ChannelReading> {
  const at = await recallChannel(remote, name);
  const facts = at && (await recallFile(remote, at.revision, advisory));
  if (at && facts) return { name, from: 'cache', at, facts };
  const entry = inSnapshot(name, snapshot);
  if (entry) return { name, from: 'snapshot', asOf: snapshot.asOf, entry };
  return {
    name,
    from: 'nowhere',
    asked: false,
    at: null,
    reason: `neither the cache nor the snapshot of ${snapshot.asOf} knows it`,
  };
}
