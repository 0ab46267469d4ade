/** Whether a patch is the fix, by its content: a name alone proves nothing. */
import type { Advisory } from '../../advisory/index.ts';
import { type Host, orNull } from '../../host/host.ts';
import { known } from '../fact.ts';
import type { Patch } from '../facts.ts';

/** The patch with what its content shows; unchanged if that cannot be read. */
export async function withContent(
  host: Host,
  patch: Patch,
  file: string,
  advisory: Advisory,
): Promise<Patch> {
  const text = await orNull(host.readText(file, 1_000_000));
  if (text === null) return patch;
  const lines = linesRemoved(text, advisory);
  const reverts = lines < 0 ? { reverts: true as const } : {};
  return { ...patch, ...reverts, touchesDefect: known(lines > 0, file) };
}

/**
 * How many lines a patch removes from libmount of those that the fix removes (util-linux commit 7dbfe31a);
 * below zero if it puts them back.
 */
export function linesRemoved(patch: string, advisory: Advisory): number {
  let inSource = false;
  let removed = 0;
  for (const line of patch.split('\n')) {
    if (line.startsWith('+++ '))
      inSource = line.slice(4).split('\t', 1)[0]?.trim().endsWith(advisory.sourceFile) ?? false;
    else if (inSource && line.includes(advisory.patch.removes)) {
      if (line.startsWith('-') && !line.startsWith('---')) removed += 1;
      if (line.startsWith('+')) removed -= 1;
    }
  }
  return removed;
}
