/** `probe`: tests a mount for real, in its own namespaces, and reports what happened. */
import { advisory } from '../advisory/index.ts';
import { UserError } from '../errors.ts';
import { unknown } from '../facts/fact.ts';
import { noFacts } from '../facts/facts.ts';
import { type ProbeResult, probe as testMount } from '../facts/mount/probe.ts';
import { readProcess } from '../facts/node/process.ts';
import { definedEnv, type Host } from '../host/host.ts';
import { probeDocument } from '../report/documents/probe.ts';
import { judge } from '../verdict/judge.ts';
import { type Context, hostFor, present, type SharedOptions } from './context.ts';

export interface ProbeOptions extends SharedOptions {
  mount?: string;
  env?: string[];
  pid?: string;
}

/** @returns the exit code */
export async function probe(context: Context, options: ProbeOptions): Promise<number> {
  const host = hostFor(context, options);
  const { outcome, ...tested } = await attempt(host, options, context.signal);
  const facts = { ...noFacts(), probe: outcome };
  const judged = {
    version: context.version,
    advisory,
    verdict: judge(facts, advisory),
    facts,
    hostname: host.hostname,
  };
  return present(context, probeDocument(judged, tested), options);
}

async function attempt(
  host: Host,
  options: ProbeOptions,
  signal: AbortSignal,
): Promise<ProbeResult & { mount: string }> {
  const added = environment(options.env ?? []);
  const name = options.mount ?? 'mount';
  const nothing = (outcome: ProbeResult['outcome']) => ({ outcome, steps: [], mount: name });
  let base = { env: definedEnv(host.env), cwd: host.cwd };
  if (options.pid !== undefined) {
    const process = await readProcess(host, processId(options.pid));
    if (!process.known) return nothing(process);
    base = process.value;
  }
  const env = { ...base.env, ...added };
  const mount = await host.findProgram(name, env['PATH'] ?? '', base.cwd);
  if (mount !== null) return { ...(await testMount(host, { mount, env }, advisory, signal)), mount };
  const where = name.includes('/')
    ? 'no such program'
    : `no such program in PATH (${env['PATH'] ?? 'not set'})`;
  return nothing(unknown('not-found', `${name}: ${where}`));
}

/** @throws {UserError} */
function environment(assignments: string[]): Record<string, string> {
  return Object.fromEntries(
    assignments.map((text) => {
      const [, name, value = ''] = /^([A-Za-z_]\w*)=(.*)$/s.exec(text) ?? [];
      if (name !== undefined) return [name, value];
      throw new UserError(`--env ${JSON.stringify(text.slice(0, 100))}: must be NAME=VALUE`);
    }),
  );
}

/** @throws {UserError} */
function processId(text: string): number {
  if (!/^[1-9]\d{0,9}$/.test(text))
    throw new UserError(`--pid ${JSON.stringify(text.slice(0, 100))}: not a process id`);
  return Number(text);
}
