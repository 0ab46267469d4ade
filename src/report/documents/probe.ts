/** The document of `probe`: what a mount did when it was tested. */

import type { Facts } from '../../facts/facts.ts';
import { type Rights, rights } from '../../facts/mount/confined.ts';
import { type ProbeStep, probeSteps, seenAtTarget } from '../../facts/mount/probe-steps.ts';
import type { Ignored } from '../../facts/node/kubelet.ts';
import { type Advice, nextSteps } from '../../verdict/advice.ts';
import { ignoredText } from '../../verdict/notes.ts';
import { type Document, list } from '../document.ts';
import { type Judged, judgedDocument, publishedJudged } from './judged.ts';
import { ignored } from './node.ts';
import { advice, type Published, type Zod } from './shapes.ts';

export const published = (z: Zod) =>
  z.strictObject({
    ...publishedJudged(z, 'probe'),
    probe: z.strictObject({
      mount: z.string(),
      ranAs: z.enum(rights).nullable().describe('with whose rights; null if it did not run'),
      steps: z.array(
        z.strictObject({
          name: z.enum(probeSteps),
          exitCode: z.int(),
          seen: z.enum(seenAtTarget),
          words: z.string().describe('what mount said'),
        }),
      ),
    }),
    ignored: z.array(ignored(z)).describe('processes that go by the name of a kubelet, and are not believed'),
    advice: z.array(advice(z)),
  });

type ProbeDocument = Document<Published<typeof published>>;

interface Probed {
  mount: string;
  ranAs: Rights | null;
  steps: ProbeStep[];
}

/** @param system what the machine is, for what to do next */
export function probeDocument(
  judged: Judged,
  probe: Probed,
  ignoredProcesses: readonly Ignored[],
  system: Facts,
): ProbeDocument {
  const { verdict, advisory } = judged;
  const next =
    verdict.state === 'undetermined'
      ? [otherwise]
      : nextSteps(verdict.state, system, advisory, 'subpathfix generate');
  const blocks = list('tested', probe.steps.map(stepLine));
  const text = ignoredText(ignoredProcesses);
  const notes = text === null ? [] : [{ code: 'ignored-processes', text }];
  const own = { probe, ignored: [...ignoredProcesses], advice: next };
  return judgedDocument('probe', judged, own, { next, notes, blocks });
}

const otherwise: Advice = {
  code: 'test-mount',
  text: 'see what the version and the package say instead',
  command: 'sudo subpathfix check',
};

const seenText: Record<ProbeStep['seen'], string> = {
  content: 'bound',
  link: 'the link itself was bound',
  nothing: 'not bound',
};

function stepLine({ name, exitCode, seen, words }: ProbeStep): string {
  const [first = ''] = words.split('\n');
  return `${name.padEnd(17)} exit ${exitCode}, ${seenText[seen]}${first ? `: ${first}` : ''}`;
}
