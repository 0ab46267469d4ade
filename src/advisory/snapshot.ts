/** What is known about channels without a network. It has no revisions: they change daily. */
import { parseChannel } from './channel.ts';
import document from './snapshot.json' with { type: 'json' };

export type SnapshotEntry = (typeof document.entries)[number] & { state: 'fixed' | 'not-affected' };

/** The build checks the document (scripts/advisory-shapes.ts). */
export const snapshot = document as { asOf: string; entries: SnapshotEntry[] };

/** The entry of a channel; null for an unknown one, such as a later release. */
export function inSnapshot(name: string, { entries }: typeof snapshot): SnapshotEntry | null {
  // parseChannel also takes branches, which can be ahead of the channel.
  const channel = /^(?:nixos|nixpkgs)-/.test(name) ? parseChannel(name) : null;
  if (!channel) return null;
  const { release } = channel;
  const found = entries.find(({ channels: { releases } }) => {
    if (!releases || release === null) return !releases && release === null;
    return (releases.from ?? '') <= release && release <= releases.to;
  });
  return found ?? null;
}
