/** `check`: says whether a system has the fix, with the evidence. */
import { advisory } from '../advisory/index.ts';
import { exitCodeOf, reportOf } from '../report/report.ts';
import { judge } from '../verdict/judge.ts';
import { type Context, present, type SharedOptions, verboseHost } from './context.ts';
import { gather, type SystemOptions } from './gather.ts';

export type CheckOptions = SystemOptions & SharedOptions;

/** @returns the exit code */
export async function check(context: Context, options: CheckOptions): Promise<number> {
  const facts = await gather(verboseHost(context, options), options);
  const verdict = judge(facts, advisory);
  const report = reportOf({ command: 'check', version: context.version, verdict, facts, advisory });
  await present(context, report, options);
  return exitCodeOf(verdict);
}
