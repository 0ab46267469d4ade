/** What is known of channels without a network. No revision is in it: revisions change by the day. */
import { parseChannel } from './channel.ts';
import document from './snapshot.json' with { type: 'json' };
import type { Snapshot } from './snapshot-schema.ts';

export type SnapshotEntry = Snapshot['entries'][number];

/** The build validates the document against its schema. */
export const snapshot = document as Snapshot;

/** What the snapshot knows of a channel; null for one that it does not know, such as a later release. */
export function inSnapshot(name: string, { entries }: Snapshot): SnapshotEntry | null {
  // parseChannel also takes branches, which can be ahead of the channel.
  const channel = /^(?:nixos|nixpkgs)-/.test(name) ? parseChannel(name) : null;
  if (!channel) return null;
  const { release } = channel;
  const found = entries.find(({ channels }) => {
    if ('rolling' in channels) return release === null;
    const { from = '', to } = channels.releases;
    return release !== null && from <= release && release <= to;
  });
  return found ?? null;
}
