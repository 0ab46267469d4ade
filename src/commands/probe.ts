/** `probe`: mounts for real, in namespaces of its own, and says what happened. */
import { advisory } from '../advisory/index.ts';
import { unknown } from '../facts/fact.ts';
import { noFacts } from '../facts/facts.ts';
import { findProgram } from '../facts/mount/path.ts';
import { type ProbeResult, probe as tryMount } from '../facts/mount/probe.ts';
import { readProcess } from '../facts/node/process.ts';
import type { Host } from '../host/host.ts';
import { RequestError } from '../remedy/system.ts';
import { exitCodeOf, reportOf } from '../report/report.ts';
import { judge } from '../verdict/judge.ts';
import { type Context, present, type SharedOptions, verboseHost } from './context.ts';

export interface ProbeOptions extends SharedOptions {
  mount?: string;
  env?: string[];
  pid?: string;
}

/** @returns the exit code */
export async function probe(context: Context, options: ProbeOptions): Promise<number> {
  const host = verboseHost(context, options);
  const { outcome, steps, mount } = await attempt(host, options, context.signal);
  const facts = { ...noFacts(), probe: outcome };
  const verdict = judge(facts, advisory);
  const finding = { command: 'probe', version: context.version, verdict, facts, advisory } as const;
  await present(context, reportOf({ ...finding, probe: { mount, steps } }), options);
  return exitCodeOf(verdict);
}

async function attempt(
  host: Host,
  options: ProbeOptions,
  signal: AbortSignal,
): Promise<ProbeResult & { mount: string }> {
  const added = environment(options.env ?? []);
  const name = options.mount ?? 'mount';
  const base =
    options.pid === undefined
      ? { env: host.env, cwd: host.cwd }
      : await readProcess(host, processId(options.pid));
  if (typeof base === 'string') return { outcome: unknown(base), steps: [], mount: name };
  const env = { ...defined(base.env), ...added };
  const mount = await findProgram(host, name, env['PATH'] ?? '', base.cwd);
  if (mount === null) {
    const where = name.includes('/')
      ? 'there is no such program'
      : `no such program in PATH (${env['PATH'] ?? 'not set'})`;
    return { outcome: unknown(`${name}: ${where}`), steps: [], mount: name };
  }
  return { ...(await tryMount(host, { mount, env }, advisory, signal)), mount };
}

const defined = (env: Readonly<Record<string, string | undefined>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );

/** @throws {RequestError} */
function environment(assignments: string[]): Record<string, string> {
  return Object.fromEntries(
    assignments.map((text) => {
      const match = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s.exec(text);
      if (!match)
        throw new RequestError(`--env ${JSON.stringify(text.slice(0, 100))}: not of the form NAME=VALUE`);
      return [match[1] as string, match[2] as string];
    }),
  );
}

/** @throws {RequestError} */
function processId(text: string): number {
  if (!/^[1-9]\d{0,9}$/.test(text))
    throw new RequestError(`--pid ${JSON.stringify(text.slice(0, 100))}: not a process id`);
  return Number(text);
}
