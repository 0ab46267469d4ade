import { expect, it } from 'vitest';
import type { Advice } from '../../src/verdict/advice.ts';
import { leadingOn } from '../../src/verify/next.ts';
import type { Outcome } from '../../src/verify/outcome.ts';
import type { PhaseName, PhaseReport, PhaseState } from '../../src/verify/phase.ts';

const report = (name: PhaseName, state: PhaseState): PhaseReport => ({
  ...{ name, state, title: name, because: '', milliseconds: 0 },
});

it.each<[Outcome['state'], PhaseReport[], given: Advice['code'][], then: Advice['code'][]]>([
  ['proven', [report('probe', 'passed')], ['remove-fix'], ['remove-fix']],
  ['affected', [report('probe', 'affected')], [], ['generate']],
  ['affected', [report('probe', 'affected')], ['sweep'], ['generate', 'sweep']],
  ['lost-at-restart', [report('kubelet', 'lost-at-restart')], ['keep-fix'], ['keep-fix']],
  ['not-in-effect', [report('kubelet', 'not-in-effect')], ['restart-kubelet'], ['restart-kubelet']],
  ['undetermined', [report('activate', 'undetermined')], ['reboot'], ['reboot']],
  ['failed', [report('rebuild', 'failed')], [], ['verify-again']],
  ['undetermined', [report('probe', 'undetermined')], [], ['verify-again']],
  // Another machine runs the pod; what is open here stays open.
  ['undetermined', [report('smoke', 'undetermined')], ['verify-elsewhere'], ['verify-elsewhere']],
  [
    'undetermined',
    [report('probe', 'undetermined'), report('smoke', 'undetermined')],
    ['verify-elsewhere'],
    ['verify-again', 'verify-elsewhere'],
  ],
])('%s %j with %j leads on to %j', (state, reports, given, then) => {
  const advice = given.map((code) => ({ code, text: code }));
  const led = leadingOn({ outcome: { state, because: '' }, reports, advice }, 'sudo subpathfix verify -q');
  expect(led.map(({ code }) => code)).toEqual(then);
});
