/** `check`: says whether a system has the fix, with the evidence. */
import { advisory } from '../advisory/index.ts';
import { exitCodeOf, reportOf } from '../report/report.ts';
import { judge } from '../verdict/judge.ts';
import { type Context, present } from './context.ts';
import { gather, type SystemOptions } from './gather.ts';

export type CheckOptions = SystemOptions;

/** @returns the exit code */
export async function check(context: Context, options: CheckOptions): Promise<number> {
  const { facts, examination, notes } = await gather(context, options);
  const verdict = judge(facts, advisory);
  const finding = { command: 'check', version: context.version, verdict, facts, advisory, notes } as const;
  const report = reportOf(examination ? { ...finding, node: examination.node } : finding);
  await present(context, report, options);
  return exitCodeOf(verdict);
}
