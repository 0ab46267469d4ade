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
  return text === null ? patch : { ...patch, touchesDefect: known(touchesDefect(text, advisory), file) };
}

/** Whether a patch removes from libmount what the fix removes (util-linux commit 7dbfe31a). */
function touchesDefect(patch: string, advisory: Advisory): boolean {
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
  return removed > 0;
}
