/**
 * For node_exporter's textfile collector: gauges in the text exposition format
 * (https://prometheus.io/docs/instrumenting/exposition_formats/).
 */
import { printable } from '../../text/escape.ts';
import type { Document, NodeRow, Outcome } from '../document.ts';
import { type Judged, judgedOf } from './judged.ts';
import { byUrgency } from './nodes.ts';

const outcomes: Outcome[] = ['good', 'bad', 'unknown', 'failed', 'skipped'];

type Labels = Record<string, string>;
type Sample = [labels: Labels, value: number];

export function prometheus(document: Document): string {
  const { command, subject, blocks, exitCode } = document;
  const place = (judged?: Judged): Labels => {
    if (judged?.kind === 'node') return { node: judged.id };
    if (subject === 'nodes') return {};
    if (subject === 'channels') return judged ? { channel: judged.id } : {};
    return subject.node === null ? {} : { node: subject.node };
  };
  const all = judgedOf(document).map((judged) => ({
    labels: { command, ...place(judged), id: judged.id },
    judged,
  }));
  const distinct = worstOf(all);
  const states = distinct.flatMap(({ labels, judged }): Sample[] =>
    outcomes.map((outcome) => [{ ...labels, outcome }, judged.outcome === outcome ? 1 : 0]),
  );
  const seconds = distinct.flatMap(({ labels, judged }): Sample[] =>
    judged.seconds === undefined ? [] : [[labels, judged.seconds]],
  );
  const nodes = blocks.flatMap((block) => (block.kind === 'nodes' ? block.nodes : []));
  return [
    ...gauge('subpathfix_outcome', 'What a finding came to: 1 for its outcome, 0 for the others.', states),
    ...gauge('subpathfix_duration_seconds', 'How long it took to find out.', seconds),
    ...gauge('subpathfix_node_info', 'What a node says of itself: always 1.', infoOf(command, nodes)),
    ...gauge('subpathfix_exit_code', 'Exit code: 0 good, 1 affected, 3 undetermined, 4 failed.', [
      [{ command, ...place() }, exitCode],
    ]),
    '',
  ].join('\n');
}

/** A collector drops a whole file for two samples of the same labels: of the same name, the worst one. */
function worstOf(all: { labels: Labels; judged: Judged }[]): { labels: Labels; judged: Judged }[] {
  const distinct = new Map<string, { labels: Labels; judged: Judged }>();
  for (const each of all) {
    const key = labelsText(each.labels);
    const before = distinct.get(key);
    const isWorse = before && rank(each.judged) < rank(before.judged);
    if (!before || isWorse) distinct.set(key, each);
  }
  return [...distinct.values()];
}

const rank = ({ outcome }: Judged): number => byUrgency.indexOf(outcome);

function infoOf(command: string, nodes: readonly NodeRow[]): Sample[] {
  const samples = nodes.map(({ name, hints }): [string, Sample] => [
    labelValue(name),
    [{ command, node: name, ...hints }, 1],
  ]);
  return [...new Map(samples).values()];
}

function gauge(name: string, help: string, samples: Sample[]): string[] {
  if (samples.length === 0) return [];
  const lines = samples.map(([labels, value]) => `${name}{${labelsText(labels)}} ${value}`);
  return [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, ...lines];
}

const labelsText = (labels: Labels): string =>
  Object.entries(labels)
    .map(([label, text]) => `${label}="${labelValue(text)}"`)
    .join(',');

const labelValue = (text: string): string =>
  printable(text).replace(/[\\"\n]/g, (character) => (character === '\n' ? '\\n' : `\\${character}`));
