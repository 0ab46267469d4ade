/** What a log shows, in the form that tests compare. */
import { advisory } from '../../src/advisory/index.ts';
import { correlation } from '../../src/facts/logs/correlate.ts';
import { type ReadLog, readLog } from '../../src/facts/logs/read-log.ts';
import type { Host } from '../../src/host/host.ts';
import { publishDiagnosed } from '../../src/report/documents/diagnose.ts';
import { podText } from '../../src/report/documents/diagnose-words.ts';
import { diagnose } from '../../src/verdict/diagnosis.ts';
import { fakeHost } from './fake-host.ts';

export type Published = ReturnType<typeof publishDiagnosed>;

/** When the recorded logs were written. */
const recordedAt = Date.parse('2026-11-26T09:00:00Z');

/** @param pieces of one log, in order */
export async function readAll(
  pieces: readonly Uint8Array[],
  { host = fakeHost(), live = false }: { host?: Pick<Host, 'stream'>; live?: boolean } = {},
): Promise<{ findings: Published[]; logs: ReadLog[] }> {
  const found = correlation();
  const logs: ReadLog[] = [];
  const { signal } = new AbortController();
  async function* all(): AsyncGenerator<Uint8Array> {
    yield* pieces;
  }
  await readLog({ name: 'log', pieces: all() }, host, {
    ...{ advisory, now: recordedAt, live, signal },
    onSighting: (sighting) => void found.add(sighting),
    onRead: (log) => logs.push(log),
  });
  return { findings: diagnose(found.pods()).map(publishDiagnosed), logs };
}

export const findingsIn = async (text: string | Uint8Array): Promise<Published[]> =>
  (await readAll([Buffer.from(text)])).findings;

/** A finding in a line: strength, pod, mounts. */
export const summary = (finding: Published): string =>
  [
    finding.strength,
    podText(finding),
    ...finding.mounts.map(({ volume, container, index }) => `${container}/${volume}/${index ?? '-'}`),
    ...finding.looksLike,
  ].join(' ');

export const summaries = async (text: string | Uint8Array): Promise<string[]> =>
  (await findingsIn(text)).map(summary);
