/** `diagnose`: whether logs show the defect, and how certainly. */
import { advisory } from '../advisory/index.ts';
import { lookAlikeText } from '../advisory/look-alikes.ts';
import { readPods } from '../cluster/pods.ts';
import { type Correlation, correlation, mostPods } from '../facts/logs/correlate.ts';
import { type ReadLog, readLog } from '../facts/logs/read-log.ts';
import { earlyBytes } from '../facts/logs/scan.ts';
import { diagnoseDocument, publishDiagnosed } from '../report/documents/diagnose.ts';
import type { Diagnose } from '../report/documents/diagnose-shape.ts';
import { publishHead } from '../report/documents/shapes.ts';
import { clip } from '../text/clip.ts';
import { diagnose as diagnosed, type Strength } from '../verdict/diagnosis.ts';
import { type Context, checkKubeconfig, hostFor, present, type SharedOptions } from './context.ts';
import { livePrinter } from './diagnose-live.ts';
import { redaction } from './diagnose-redact.ts';
import { type LogOptions, sourcesOf } from './diagnose-sources.ts';

export interface DiagnoseOptions extends SharedOptions, LogOptions {
  redact?: true;
}

type Note = Diagnose['notes'][number];

/**
 * @returns the exit code: 1 for a proven finding, 3 where the log does not decide, 0 for none
 * @throws {UserError} when options conflict, or what is named cannot be read
 */
export async function diagnose(context: Context, options: DiagnoseOptions): Promise<number> {
  const host = hostFor(context, options);
  await checkKubeconfig(host, options);
  const { signal } = context;
  const said: string[] = [];
  const sources = await sourcesOf(host, options, signal, (text) => said.push(clip(text)));
  const found = correlation();
  const logs: ReadLog[] = [];
  const redact = options.redact ? redaction() : null;
  const show = options.follow ? livePrinter(context, options, redact) : null;
  for (const source of sources) {
    await readLog(source, host, {
      ...{ advisory, now: host.now(), live: source.live, signal },
      onSighting(sighting) {
        const pod = found.add(sighting);
        if (pod) show?.(pod);
      },
      onRead: (log) => logs.push(log),
    });
  }
  const unnamed = options.cluster ? await nameThem(found, context, options) : [];
  const document = publish(context, options, found, logs);
  document.notes.push(...unnamed, ...said.map((text): Note => ({ code: 'source-says', text })));
  const isWhole = logs.every(({ damage }) => damage === null) && (!signal.aborted || options.follow === true);
  const shown = redact ? redact.document(document) : document;
  return present(context, diagnoseDocument(shown, isWhole, null), options);
}

/** Names of pods whose messages have none. */
async function nameThem(
  found: Correlation,
  { host, signal }: Context,
  options: DiagnoseOptions,
): Promise<Note[]> {
  if (found.pods().every(({ uid, name }) => uid === '' || name !== '')) return [];
  const pods = await readPods(host, options, signal);
  if (pods.known) found.name(pods.value);
  return pods.known ? [] : [{ code: 'pods-not-named', text: `pods are shown by UID: ${pods.reason.text}` }];
}

/** Sources that are listed; an archive can have many. */
const mostSources = 200;

function publish(context: Context, options: DiagnoseOptions, found: Correlation, logs: ReadLog[]): Diagnose {
  const all = diagnosed(found.pods());
  const findings = all.map(publishDiagnosed);
  const strength = all[0]?.strength ?? null;
  const hiding = found.cut();
  // What was damaged is always listed.
  const listed = [
    ...logs.filter(({ damage }) => damage !== null),
    ...logs.filter(({ damage }) => damage === null),
  ];
  return {
    ...publishHead('diagnose', context.version),
    sources: listed.slice(0, mostSources),
    strength,
    findings,
    cut: hiding,
    redacted: false,
    notes: [
      ...notesFor(strength, logs),
      ...findings
        .flatMap(({ pod, leftoversSince }) => (leftoversSince === null ? [] : [since(pod, leftoversSince)]))
        .slice(0, 5),
      ...[...new Set(findings.flatMap(({ looksLike }) => looksLike))].map(
        (code): Note => ({ code: 'look-alike', text: `${code}: ${lookAlikeText(code)}` }),
      ),
      ...(hiding > 0
        ? [
            {
              code: 'cut',
              text: `only the first ${mostPods} pods are listed; ${hiding} messages are about others`,
            } as const,
          ]
        : []),
      ...(listed.length > mostSources
        ? [
            {
              code: 'cut',
              text: `${mostSources} of ${listed.length} logs are listed; all were read`,
            } as const,
          ]
        : []),
    ],
    advice: adviceFor(strength, options),
  };
}

function since(pod: Diagnose['findings'][number]['pod'], time: string): Note {
  const who = pod?.name ? `${pod.namespace ?? ''}/${pod.name}` : (pod?.uid ?? 'a pod');
  const text = `${who}: since ${time} only a leftover is in its way; the mount may be fixed since then`;
  return { code: 'leftovers-since', text };
}

function notesFor(strength: Strength | null, logs: ReadLog[]): Note[] {
  const damaged = logs.flatMap(({ name, damage }): Note[] =>
    damage === null ? [] : [{ code: 'not-whole', text: `${name} could not be read to its end: ${damage}` }],
  );
  const text =
    'a log without it proves nothing: pods that run keep running on an affected node, until one with a subPath starts';
  const isLong = logs.some(({ bytes }) => bytes > earlyBytes);
  const partly = `other causes, which do not name a subPath, were looked for in the first ${earlyBytes / 1024 ** 2} MiB of each log only`;
  return [
    ...(strength === null && isLong ? [{ code: 'cut', text: partly } as const] : []),
    ...(strength === null || strength === 'other' ? [{ code: 'proves-nothing', text } as const] : []),
    ...damaged.slice(0, 5),
  ];
}

function adviceFor(strength: Strength | null, { unit, cluster }: DiagnoseOptions): Diagnose['advice'] {
  const check = { code: 'check-node', command: 'sudo subpathfix check' } as const;
  const journal = {
    code: 'read-journal',
    text: "read kubelet's log on the node too",
    command: 'sudo subpathfix diagnose --since -1h',
  } as const;
  const here = unit !== undefined && cluster === undefined ? [] : [journal];
  switch (strength) {
    case 'proven':
      return [{ ...check, text: 'on the node: test its mount, and see what to do' }];
    case 'likely':
    case 'unclear':
      return [{ ...check, text: 'on the node: test its mount, which decides' }, ...here];
    case 'aftermath':
      return [
        { ...check, text: 'on the node: test whether its mount is fixed' },
        { code: 'sweep', text: 'then remove the leftovers', command: 'sudo subpathfix sweep --apply' },
      ];
    case 'other':
    case null:
      return [{ ...check, text: 'to be certain, test the mount on the node' }];
  }
}
