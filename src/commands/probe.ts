/** `probe`: tests a mount for real, in its own namespaces, and reports what happened. */
import { advisory } from '../advisory/index.ts';
import { UserError } from '../errors.ts';
import { known, unknown } from '../facts/fact.ts';
import { noFacts } from '../facts/facts.ts';
import { type ProbeResult, probe as testMount } from '../facts/mount/probe.ts';
import { readKubelet } from '../facts/node/kubelet.ts';
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
  const base = await processOf(host, options);
  if (!base.known) return nothing(base);
  const env = { ...base.value.env, ...added };
  const mount = await host.findProgram(name, env['PATH'] ?? '', base.value.cwd);
  if (mount !== null) return { ...(await testMount(host, { mount, env }, advisory, signal)), mount };
  const where = name.includes('/')
    ? 'no such program'
    : `no such program in PATH (${env['PATH'] ?? 'not set'})`;
  return nothing(unknown('not-found', `${name}: ${where}`));
}

/**
 * The process that would run the mount: --pid, else this shell for --mount, else kubelet, never the shell: its mount
 * says nothing about kubelet's.
 * @throws {UserError} if there is none
 */
async function processOf(host: Host, { pid, mount }: ProbeOptions): ReturnType<typeof readProcess> {
  if (pid !== undefined) return readProcess(host, processId(pid));
  if (mount !== undefined) return known({ env: definedEnv(host.env), cwd: host.cwd }, 'this shell');
  const kubelet = await readKubelet(host);
  if (kubelet.known) return readProcess(host, kubelet.value.pid);
  if (kubelet.unreadable) return kubelet;
  throw new UserError(`${kubelet.reason.text}: give the mount to test with --mount PATH or --pid PID`);
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
