/** Reports findings while the journal goes on. */
import type { SeenPod } from '../facts/logs/seen.ts';
import { publishDiagnosed } from '../report/documents/diagnose.ts';
import { mountsText, podText } from '../report/documents/diagnose-words.ts';
import { printableLine } from '../text/escape.ts';
import { diagnose, type Strength, strengths } from '../verdict/diagnosis.ts';
import type { Context, SharedOptions } from './context.ts';
import type { Redaction } from './diagnose-redact.ts';

/**
 * A line for each pod, and another when it turns out stronger. On standard output for a person; it belongs to the
 * report otherwise, and these go to standard error.
 */
export function livePrinter(
  { stdout, stderr }: Context,
  { json, format = 'human', quiet }: SharedOptions,
  redact: Redaction | null,
): (pod: SeenPod) => void {
  const output = json || format !== 'human' ? stderr : stdout;
  const told = new Map<string, Strength>();
  return (pod) => {
    const [found] = diagnose([pod]);
    if (!found || quiet) return;
    const key = pod.uid || `${pod.namespace}/${pod.name}`;
    const before = told.get(key);
    if (before && strengths.indexOf(before) <= strengths.indexOf(found.strength)) return;
    told.set(key, found.strength);
    const published = publishDiagnosed(found);
    const finding = redact ? redact.finding(published) : published;
    const parts = [
      finding.lastSeen,
      finding.strength,
      podText(finding),
      mountsText(finding),
      finding.examples.at(-1),
    ];
    output.write(`${printableLine(parts.filter(Boolean).join('  '))}\n`);
  };
}
