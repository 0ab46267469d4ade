/** What the steps of the probe were, and what they prove. */
import type { Advisory } from '../../advisory/index.ts';
import { matchSignature } from '../../advisory/signatures.ts';
import { type Fact, known, type Unknown, unknown } from '../fact.ts';
import { type ProbeCase, type ProbeOutcome, probeCases } from '../facts.ts';

export const probeSteps = [
  ...(['scratch', 'control'] as const),
  ...(['file', 'file-remount', 'directory', 'directory-remount'] as const),
];
export const seenAtTarget = ['content', 'link', 'nothing'] as const;

/** One mount of the probe: how it ended, what is at its target, and what it said. */
export interface ProbeStep {
  name: (typeof probeSteps)[number];
  exitCode: number;
  seen: (typeof seenAtTarget)[number];
  words: string;
}

export const firstLine = (text: string): string => text.trim().split('\n', 1)[0]?.trim().slice(0, 300) ?? '';

/** The script's own lines, each with what mount wrote before it. */
export function parseSteps(output: string, mark: string): ProbeStep[] {
  const steps: ProbeStep[] = [];
  let words: string[] = [];
  for (const line of output.split('\n')) {
    const fields = line.startsWith(`${mark} `) ? line.slice(mark.length + 1).split(' ') : [];
    const name = probeSteps.find((each) => each === fields[0]);
    const seen = seenAtTarget.find((each) => each === fields[2]);
    const exitCode = Number(fields[1]);
    if (!name || !seen || fields.length > 3 || !Number.isInteger(exitCode)) {
      words.push(line);
      continue;
    }
    steps.push({ name, exitCode, seen, words: words.join('\n').trim().slice(0, 2000) });
    words = [];
  }
  return steps;
}

/** What the steps prove, by what is mounted and by mount's messages, never by an exit code alone. */
export function outcomeOf(
  steps: ProbeStep[],
  tested: Pick<ProbeOutcome, 'mount' | 'forceMount2'>,
  advisory: Advisory,
): Fact<ProbeOutcome> {
  const stepOf = (name: ProbeStep['name']): ProbeStep | undefined => steps.find((step) => step.name === name);
  const inconclusive = (what: string, step: ProbeStep | undefined): Unknown =>
    unknown('inconclusive', `${what}${detail(step)}`);
  for (const [name, what] of preparations) {
    const step = stepOf(name);
    if (!works(step)) return inconclusive(`${what} failed too, so the rest proves nothing`, step);
  }
  const failed: ProbeCase[] = [];
  for (const name of probeCases) {
    const [bind, remount] = [stepOf(name), stepOf(`${name}-remount`)];
    if (works(bind) && works(remount)) continue;
    const [step, what] = works(bind) ? [remount, 'remount'] : [bind, 'mount'];
    if (!step || !isDefect(step, advisory))
      return inconclusive(`the ${what} of a ${name} failed, but not the way this defect makes it fail`, step);
    failed.push(name);
  }
  const state = failed.length > 0 ? 'affected' : 'fixed';
  return known({ state, failed, ...tested }, `${tested.mount}, tested on this machine`);
}

/** Whether everything that has to work with any mount did: what failed then is the mount's own. */
export const isPrepared = (steps: readonly ProbeStep[]): boolean =>
  preparations.every(([name]) => works(steps.find((step) => step.name === name)));

/** What has to work with any mount. */
const preparations = [
  ['scratch', 'a tmpfs'],
  ['control', 'a plain bind mount, the control,'],
] as const;

const works = (step: ProbeStep | undefined): boolean => step?.exitCode === 0 && step.seen === 'content';

/** A link where the content should be, or an error message that is known from the defect. */
const isDefect = ({ seen, exitCode, words }: ProbeStep, advisory: Advisory): boolean =>
  seen === 'link' || (exitCode !== 0 && matchSignature(words, advisory, { mountSays: true }) !== null);

function detail(step: ProbeStep | undefined): string {
  if (!step) return '';
  const words = firstLine(step.words);
  const instead = step.exitCode === 0 ? `, but ${step.seen === 'link' ? 'a link' : 'nothing'} there` : '';
  return ` (exit ${step.exitCode}${instead}${words ? `: ${words}` : ''})`;
}
