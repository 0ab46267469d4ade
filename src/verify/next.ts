/** What to do after a run that proved nothing. Pure. */
import type { Advice } from '../verdict/advice.ts';
import type { VerifyResult } from './run.ts';

type Ended = Pick<VerifyResult, 'outcome' | 'reports' | 'advice'>;

/** Advice that leads to a proof. */
const leading: readonly Advice['code'][] = [
  'generate',
  'keep-fix',
  'restart-kubelet',
  'reboot',
  'verify-elsewhere',
  'verify-again',
];

/**
 * The advice of the phases, with something that leads to a proof where there is none yet.
 * @param again the command of this run
 */
export function leadingOn({ outcome: { state }, reports, advice }: Ended, again: string): Advice[] {
  // Another machine can run the pod, and nothing else.
  const isOpen = reports.some((report) => report.state === 'undetermined' && report.name !== 'smoke');
  const isLed = advice.some(({ code }) => leading.includes(code) && !(isOpen && code === 'verify-elsewhere'));
  if (state === 'proven' || isLed) return [...advice];
  const first: Advice =
    state === 'affected'
      ? { code: 'generate', text: 'write the fix', command: 'subpathfix generate' }
      : { code: 'verify-again', text: 'when that is resolved, verify again', command: again };
  return [first, ...advice];
}
