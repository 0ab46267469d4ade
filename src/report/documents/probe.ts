/** The document of `probe`: what a mount did when it was tested. */
import { type ProbeStep, probeSteps, seenAtTarget } from '../../facts/mount/probe.ts';
import { nextSteps } from '../../verdict/advice.ts';
import { type Document, list } from '../document.ts';
import { type Judged, judgedDocument, publishedJudged } from './judged.ts';
import { advice, type Published, type Zod } from './shapes.ts';

export const published = (z: Zod) =>
  z.strictObject({
    ...publishedJudged(z, 'probe'),
    probe: z.strictObject({
      mount: z.string(),
      steps: z.array(
        z.strictObject({
          name: z.enum(probeSteps),
          exitCode: z.int(),
          seen: z.enum(seenAtTarget),
          words: z.string().describe('what mount said'),
        }),
      ),
    }),
    advice: z.array(advice(z)),
  });

type ProbeDocument = Document<Published<typeof published>>;

export function probeDocument(judged: Judged, probe: { mount: string; steps: ProbeStep[] }): ProbeDocument {
  const { verdict, facts, advisory } = judged;
  const next = nextSteps(verdict.state, facts, advisory, 'subpathfix generate');
  const blocks = list('tested', probe.steps.map(stepLine));
  return judgedDocument('probe', judged, { probe, advice: next }, { next, blocks });
}

const seenText: Record<ProbeStep['seen'], string> = {
  content: 'bound',
  link: 'the link itself was bound',
  nothing: 'not bound',
};

function stepLine({ name, exitCode, seen, words }: ProbeStep): string {
  const [first = ''] = words.split('\n');
  return `${name.padEnd(17)} exit ${exitCode}, ${seenText[seen]}${first ? `: ${first}` : ''}`;
}
