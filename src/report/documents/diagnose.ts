/** The document of `diagnose`: what logs show of the defect, one finding a pod. */
import { lookAlikeText } from '../../advisory/look-alikes.ts';
import { cell } from '../../text/table.ts';
import { type Diagnosed, exitCodeOfDiagnosis, strengths } from '../../verdict/diagnosis.ts';
import { type Block, type Document, type Finding, list } from '../document.ts';
import type { Diagnose, Found } from './diagnose-shape.ts';
import { headline, mountsText, outcomeOfStrength, podText, seenText, why, words } from './diagnose-words.ts';

/** @param isWhole whether everything that was asked for could be read */
export function diagnoseDocument(
  diagnose: Diagnose,
  isWhole: boolean,
  node: string | null,
): Document<Diagnose, Found | null> {
  const { findings, notes, advice: next } = diagnose;
  const exitCode = exitCodeOfDiagnosis(findings, isWhole);
  const outcome = exitCode === 0 ? 'good' : exitCode === 1 ? 'bad' : 'unknown';
  const first = headline(diagnose, isWhole);
  return {
    command: 'diagnose',
    subject: { node },
    outcome,
    headline: first,
    message: '',
    findings: findings.length > 0 ? findings.map(findingOf) : [{ ...nothing, outcome, message: first }],
    blocks: [...(findings.length > 0 ? [table(findings)] : []), ...examples(findings)],
    notes,
    next,
    exitCode,
    published: diagnose,
  };
}

const nothing = { id: 'defect', title: 'defect', state: 'none', details: [], data: null };

function findingOf(data: Found): Finding<Found> {
  const looks = data.looksLike.map((code) => lookAlikeText(code));
  return {
    id: data.pod?.uid ?? (podText(data) || 'no pod'),
    title: podText(data),
    outcome: outcomeOfStrength[data.strength],
    state: words[data.strength],
    message: data.strength === 'other' && looks.length > 0 ? looks.join('; ') : why[data.strength],
    details: data.examples,
    data,
  };
}

const table = (findings: readonly Found[]): Block => ({
  kind: 'table',
  columns: ['POD', 'RESULT', 'CONTAINER/VOLUME', 'MESSAGES', 'SEEN', 'SIGNATURES'],
  spare: ['SIGNATURES', 'SEEN', 'MESSAGES'],
  rows: findings.map((each) => [
    cell(podText(each), 60),
    { text: words[each.strength], outcome: outcomeOfStrength[each.strength] },
    cell(mountsText(each) || '-', 60),
    `${each.messages}`,
    seenText(each),
    cell([...each.signatures.map(({ id }) => id), ...each.looksLike].join(', '), 100),
  ]),
});

/** One message of each kind, for the strongest finding of each strength. */
function examples(findings: readonly Found[]): Block[] {
  const shown = strengths.flatMap((strength) => findings.find((each) => each.strength === strength) ?? []);
  return list('seen', [...new Set(shown.flatMap((each) => each.examples.map((text) => cell(text, 300))))]);
}

/** What was seen, in its published form. */
export function publishDiagnosed({
  pod,
  strength,
  places,
  lookAlikes: looks,
  leftoversSince,
}: Diagnosed): Found {
  const orNull = (text: string): string | null => text || null;
  const { uid, namespace, name } = pod;
  return {
    strength,
    pod: uid || name ? { uid: orNull(uid), namespace: orNull(namespace), name: orNull(name) } : null,
    mounts: places.map(({ volume, container, index }) => ({
      volume: orNull(volume),
      container: orNull(container),
      index: index === '' ? null : Number(index),
    })),
    firstSeen: pod.first,
    lastSeen: pod.last,
    messages: pod.count,
    signatures: [...pod.signatures].map(([id, messages]) => ({ id, messages })),
    looksLike: looks,
    leftoversSince,
    examples: [...pod.examples.values()],
  };
}
