/** Tests a mount for real, as kubelet uses it, and inspects what is there afterwards. */
import type { Advisory } from '../../advisory/index.ts';
import { endedText, type RunResult } from '../../host/command.ts';
import type { Host } from '../../host/host.ts';
import { type Fact, known, type Unknown, unknown } from '../fact.ts';
import type { ProbeOutcome } from '../facts.ts';
import type { MountChain } from './chain.ts';
import { assignments, findTools, type Rights, restricted } from './confined.ts';
import { mountEnvironment } from './environment.ts';
import { probeScript } from './probe-script.ts';
import { firstLine, isPrepared, outcomeOf, type ProbeStep, parseSteps } from './probe-steps.ts';

const limits = { timeoutMs: 10_000, maxBytes: 256 * 1024 };

export interface ProbeResult {
  outcome: Fact<ProbeOutcome>;
  steps: ProbeStep[];
  /** with whose rights the mount ran last; null if it did not run */
  ranAs: Rights | null;
}

export interface Tested {
  /** an absolute path */
  mount: string;
  /** all that it gets */
  env: Readonly<Record<string, string>>;
  /** why it is not run as root, a sentence; null if only root can change what runs then. Asked only if that matters */
  notAsRoot(): Promise<string | null>;
}

/** The mount of a process, with what it gets from that. */
export const testedOf = ({ mount, env, notAsRoot }: MountChain): Tested => ({
  mount,
  env: mountEnvironment(env),
  notAsRoot: async () => notAsRoot,
});

/**
 * Runs the probe in its own mount and PID namespaces: however it ends, the kernel ends every process in them
 * and drops every mount (pid_namespaces(7)). setpriv ensures that even if this process is killed
 * (PR_SET_PDEATHSIG). They are in a user namespace, of a user that is not root; where that cannot decide, for lack of
 * user namespaces or because the user cannot reach the mount, root tests what only root can change.
 * @param signal ends the probe
 */
export async function probe(
  host: Host,
  tested: Tested,
  advisory: Advisory,
  signal?: AbortSignal,
): Promise<ProbeResult> {
  const tools = await findTools(host, ['setpriv', 'unshare', 'mkdir', 'sh']);
  if (!tools.known) return { outcome: tools, steps: [], ranAs: null };
  const probeWith = (right: Rights) => probeAs(host, tools.value, tested, right, advisory, signal);
  const { result, further } = await probeWith(host.isRoot ? 'unprivileged' : 'user');
  if (!host.isRoot || !further) return result;
  const refusal = await tested.notAsRoot();
  if (refusal !== null) return { ...result, outcome: withReason(result.outcome, refusal) };
  const asRoot = (await probeWith('root')).result;
  const { outcome } = asRoot;
  return outcome.known
    ? { ...asRoot, outcome: known(outcome.value, `${outcome.evidence}, as root`) }
    : asRoot;
}

function withReason(outcome: Fact<ProbeOutcome>, refusal: string): Fact<ProbeOutcome> {
  if (outcome.known) return outcome;
  const { code, text } = outcome.reason;
  return unknown(code, `${text}; it was not tested as root: ${refusal}`);
}

/** @returns what the mount did with these rights; further: whether more of them may decide what these could not */
async function probeAs(
  host: Host,
  tools: Readonly<Record<'setpriv' | 'unshare' | 'mkdir' | 'sh', string>>,
  { mount, env }: Tested,
  right: Rights,
  advisory: Advisory,
  signal: AbortSignal | undefined,
): Promise<{ result: ProbeResult; further: boolean }> {
  // No other line begins like this; loading node:crypto would take longer than the mounts.
  const mark = `subpathfix-${host.pid}-${host.now()}-${host.monotonic()}`;
  const args = [
    ...[...restricted(host, right), tools.unshare, '--mount', '--propagation', 'private'],
    ...['--pid', '--fork', '--kill-child', '--mount-proc', ...(right === 'root' ? [] : ['--map-root-user'])],
    ...[tools.sh, '-c', probeScript, 'sh', mount, tools.mkdir, mark],
    // mount's messages are matched in English.
    ...assignments({ ...env, LC_ALL: 'C' }),
  ];
  const command = { file: tools.setpriv, args, env: { LC_ALL: 'C' }, cwd: '/', mutates: false };
  const ran = await host.run(command, { ...limits, signal });
  const steps = parseSteps(ran.output, mark);
  if (ran.stopped !== null || steps.length === 0) {
    const result = { outcome: failure(mount, ran), steps, ranAs: steps.length === 0 ? null : right };
    return { result, further: ran.stopped === null };
  }
  const forceMount2 = env[advisory.environment.variable] ?? null;
  const outcome = outcomeOf(steps, { mount, forceMount2 }, advisory);
  return { result: { outcome, steps, ranAs: right }, further: !isPrepared(steps) };
}

function failure(mount: string, result: RunResult): Unknown {
  const { stopped, output } = result;
  if (stopped !== null) {
    const code = stopped === 'signal' ? 'interrupted' : 'no-answer';
    return unknown(code, `the test of ${mount} ${endedText(result, limits)}`);
  }
  const words = firstLine(output);
  return unknown(
    'no-access',
    `could not make a private mount namespace${words ? ` (${words})` : ''}: run as root, or where user namespaces are allowed`,
  );
}
