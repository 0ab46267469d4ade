/** `probe`: tests a mount for real, in its own namespaces, and reports what happened. */
import { advisory } from '../advisory/index.ts';
import { UserError } from '../errors.ts';
import { type Fact, known, unknown } from '../facts/fact.ts';
import { noFacts } from '../facts/facts.ts';
import { chainOf } from '../facts/mount/chain.ts';
import { librariesIn, mountEnvironment } from '../facts/mount/environment.ts';
import { type ProbeResult, type Tested, testedOf, probe as testMount } from '../facts/mount/probe.ts';
import { untrustedAmong } from '../facts/mount/trusted.ts';
import { type Ignored, readRunning } from '../facts/node/kubelet.ts';
import { readSystem } from '../facts/node/os.ts';
import { type ProcessContext, readProcess } from '../facts/node/process.ts';
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
  const { outcome, ignored, ...tested } = await attempt(host, options, context.signal);
  const facts = { ...noFacts(), probe: outcome };
  const { channel, packaged } = await readSystem(host);
  const judged = {
    version: context.version,
    advisory,
    verdict: judge(facts, advisory),
    facts,
    hostname: host.hostname,
  };
  return present(context, probeDocument(judged, tested, ignored, { ...facts, channel, packaged }), options);
}

type Attempt = ProbeResult & { mount: string; ignored: readonly Ignored[] };

async function attempt(host: Host, options: ProbeOptions, signal: AbortSignal): Promise<Attempt> {
  const added = environment(options.env ?? []);
  const name = options.mount ?? 'mount';
  const { context: base, ignored } = await processOf(host, options);
  const nothing = (outcome: ProbeResult['outcome']) => {
    return { outcome, steps: [], ranAs: null, mount: name, ignored };
  };
  if (!base.known) return nothing(base);
  const env = { ...base.value.env, ...added };
  const mount = await host.findProgram(name, env['PATH'] ?? '', base.value.cwd);
  if (mount !== null) {
    const tested = await testedFor(host, options, mount, env);
    if (!tested.known) return nothing(tested);
    const all = { ...tested.value, env: { ...tested.value.env, ...added } };
    return { ...(await testMount(host, all, advisory, signal)), mount, ignored };
  }
  const where = name.includes('/')
    ? 'no such program'
    : `no such program in PATH (${env['PATH'] ?? 'not set'})`;
  return nothing(unknown('not-found', `${name}: ${where}`));
}

/**
 * What --mount names is run because the user says so, without root's rights; what was found, only if it is trusted.
 */
async function testedFor(
  host: Host,
  { mount: named }: ProbeOptions,
  mount: string,
  env: Record<string, string>,
): Promise<Fact<Tested>> {
  if (named === undefined) {
    const chain = await chainOf(host, mount, env);
    return chain.known ? known(testedOf(chain.value), mount) : chain;
  }
  const { LD_LIBRARY_PATH: libraries, ...rest } = mountEnvironment(env);
  const loads = libraries !== undefined && (await untrustedAmong(host, librariesIn(libraries))) === null;
  return known(
    {
      mount,
      env: loads ? { ...rest, LD_LIBRARY_PATH: libraries } : rest,
      notAsRoot: async () => {
        const chain = await chainOf(host, mount, env);
        return chain.known ? chain.value.notAsRoot : chain.reason.text;
      },
    },
    '--mount',
  );
}

/**
 * The process that would run the mount: --pid, else this shell for --mount, else kubelet, never the shell: its mount
 * says nothing about kubelet's.
 * @throws {UserError} if there is none
 */
async function processOf(
  host: Host,
  { pid, mount }: ProbeOptions,
): Promise<{ context: Fact<ProcessContext>; ignored: readonly Ignored[] }> {
  if (pid !== undefined) return { context: await readProcess(host, processId(pid)), ignored: [] };
  if (mount !== undefined) {
    return { context: known({ env: definedEnv(host.env), cwd: host.cwd }, 'this shell'), ignored: [] };
  }
  const { kubelet, ignored } = await readRunning(host);
  if (kubelet.known) {
    const { pid: id, lineage } = kubelet.value;
    return { context: await readProcess(host, id, lineage[0]), ignored };
  }
  if (kubelet.unreadable) return { context: kubelet, ignored };
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
