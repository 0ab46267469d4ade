/**
 * For node_exporter's textfile collector: gauges in the text exposition format
 * (https://prometheus.io/docs/instrumenting/exposition_formats/).
 */
import { printable } from '../../text/escape.ts';
import type { Document, Finding, Outcome } from '../document.ts';

const outcomes: Outcome[] = ['good', 'bad', 'unknown', 'failed', 'skipped'];

type Labels = Record<string, string>;
type Sample = [labels: Labels, value: number];

export function prometheus({ command, findings, subject, exitCode }: Document): string {
  const place = (finding?: Finding): Labels => {
    if (subject === 'channels') return finding ? { channel: finding.id } : {};
    if (subject === 'nodes') return finding ? { node: finding.id } : {};
    return subject.node === null ? {} : { node: subject.node };
  };
  const labels = (finding: Finding): Labels => ({ command, ...place(finding), id: finding.id });
  const states = findings.flatMap((finding): Sample[] =>
    outcomes.map((outcome) => [{ ...labels(finding), outcome }, finding.outcome === outcome ? 1 : 0]),
  );
  const seconds = findings.flatMap((finding): Sample[] =>
    finding.seconds === undefined ? [] : [[labels(finding), finding.seconds]],
  );
  return [
    ...gauge('subpathfix_outcome', 'What a finding came to: 1 for its outcome, 0 for the others.', states),
    ...gauge('subpathfix_duration_seconds', 'How long it took to find out.', seconds),
    ...gauge('subpathfix_exit_code', 'Exit code: 0 good, 1 affected, 3 undetermined, 4 failed.', [
      [{ command, ...place() }, exitCode],
    ]),
    '',
  ].join('\n');
}

function gauge(name: string, help: string, samples: Sample[]): string[] {
  if (samples.length === 0) return [];
  const lines = samples.map(([labels, value]) => {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${labelValue(text)}"`);
    return `${name}{${pairs.join(',')}} ${value}`;
  });
  return [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, ...lines];
}

const labelValue = (text: string): string =>
  printable(text).replace(/[\\"\n]/g, (character) => (character === '\n' ? '\\n' : `\\${character}`));
