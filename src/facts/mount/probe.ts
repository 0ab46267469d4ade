/** Tests a mount for real, as kubelet uses it, and inspects what is there afterwards. */
import type { Advisory } from '../../advisory/index.ts';
import { matchSignature } from '../../advisory/signatures.ts';
import { endedText, type RunResult } from '../../host/command.ts';
import type { Host } from '../../host/host.ts';
import { type Fact, known, type Unknown, unknown } from '../fact.ts';
import { type ProbeCase, type ProbeOutcome, probeCases } from '../facts.ts';
import { probeScript } from './probe-script.ts';

const limits = { timeoutMs: 10_000, maxBytes: 256 * 1024 };

export const probeSteps = [
  ...(['scratch', 'control'] as const),
  ...(['file', 'file-remount', 'directory', 'directory-remount'] as const),
];
export const seenAtTarget = ['content', 'link', 'nothing'] as const;

/** One mount of the probe: how it ended, what is at its target, and what it said. */
export interface ProbeStep {
  name: (typeof probeSteps)[number];
  exitCode: number;
  seen: (typeof seenAtTarget)[number];
  words: string;
}

export interface ProbeResult {
  outcome: Fact<ProbeOutcome>;
  steps: ProbeStep[];
}

/**
 * Runs the probe in its own mount and PID namespaces: however it ends, the kernel ends every process in them
 * and drops every mount (pid_namespaces(7)). setpriv ensures that even if this process is killed
 * (PR_SET_PDEATHSIG).
 * @param mount the one that is tested, an absolute path, and the environment that it gets
 * @param signal ends the probe
 */
export async function probe(
  host: Host,
  { mount, env }: { mount: string; env: Record<string, string> },
  advisory: Advisory,
  signal?: AbortSignal,
): Promise<ProbeResult> {
  const tools = await findTools(host);
  if (!tools.known) return { outcome: tools, steps: [] };
  const [setpriv, unshare, mkdir] = tools.value;
  // No other line begins like this; loading node:crypto would take longer than the mounts.
  const mark = `subpathfix-${host.pid}-${host.now()}-${host.monotonic()}`;
  const args = [
    ...['--pdeathsig', 'KILL', unshare, '--mount', '--propagation', 'private'],
    ...['--pid', '--fork', '--kill-child', '--mount-proc', ...(host.isRoot ? [] : ['--map-root-user'])],
    ...['/bin/sh', '-c', probeScript, 'sh', mount, mkdir, mark],
  ];
  // mount's messages are matched in English.
  const command = { file: setpriv, args, env: { ...env, LC_ALL: 'C' }, mutates: false };
  const result = await host.run(command, { ...limits, signal });
  const steps = parseSteps(result.output, mark);
  if (result.stopped !== null || steps.length === 0) return { outcome: failure(mount, result), steps };
  const forceMount2 = env[advisory.environment.variable] ?? null;
  return { outcome: outcomeOf(steps, { mount, forceMount2 }, advisory), steps };
}

async function findTools(host: Host): Promise<Fact<[setpriv: string, unshare: string, mkdir: string]>> {
  const names = ['setpriv', 'unshare', 'mkdir'];
  const [setpriv, unshare, mkdir] = await Promise.all(names.map((name) => host.findProgram(name)));
  if (setpriv && unshare && mkdir) return known([setpriv, unshare, mkdir], 'PATH');
  const missing = unshare ? (setpriv ? 'mkdir' : 'setpriv') : 'unshare';
  return unknown(
    'not-found',
    `${missing} is not in PATH; it is needed to test a mount (util-linux, coreutils)`,
  );
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

const firstLine = (text: string): string => text.trim().split('\n', 1)[0]?.trim().slice(0, 300) ?? '';

/** The script's own lines, each with what mount wrote before it. */
export function parseSteps(output: string, mark: string): ProbeStep[] {
  const steps: ProbeStep[] = [];
  let words: string[] = [];
  for (const line of output.split('\n')) {
    const fields = line.startsWith(`${mark} `) ? line.slice(mark.length + 1).split(' ') : [];
    const name = probeSteps.find((each) => each === fields[0]);
    const seen = seenAtTarget.find((each) => each === fields[2]);
    const exitCode = Number(fields[1]);
    if (!name || !seen || fields.length > 3 || !Number.isInteger(exitCode)) {
      words.push(line);
      continue;
    }
    steps.push({ name, exitCode, seen, words: words.join('\n').trim().slice(0, 2000) });
    words = [];
  }
  return steps;
}

/** What the steps prove, by what is mounted and by mount's messages, never by an exit code alone. */
export function outcomeOf(
  steps: ProbeStep[],
  tested: Pick<ProbeOutcome, 'mount' | 'forceMount2'>,
  advisory: Advisory,
): Fact<ProbeOutcome> {
  const stepOf = (name: ProbeStep['name']): ProbeStep | undefined => steps.find((step) => step.name === name);
  const inconclusive = (what: string, step: ProbeStep | undefined): Unknown =>
    unknown('inconclusive', `${what}${detail(step)}`);
  for (const [name, what] of preparations) {
    const step = stepOf(name);
    if (!works(step)) return inconclusive(`${what} failed too, so the rest proves nothing`, step);
  }
  const failed: ProbeCase[] = [];
  for (const name of probeCases) {
    const [bind, remount] = [stepOf(name), stepOf(`${name}-remount`)];
    if (works(bind) && works(remount)) continue;
    const [step, what] = works(bind) ? [remount, 'remount'] : [bind, 'mount'];
    if (!step || !isDefect(step, advisory))
      return inconclusive(`the ${what} of a ${name} failed, but not the way this defect makes it fail`, step);
    failed.push(name);
  }
  const state = failed.length > 0 ? 'affected' : 'fixed';
  return known({ state, failed, ...tested }, `${tested.mount}, tested on this machine`);
}

/** What has to work with any mount. */
const preparations = [
  ['scratch', 'a tmpfs'],
  ['control', 'a plain bind mount, the control,'],
] as const;

const works = (step: ProbeStep | undefined): boolean => step?.exitCode === 0 && step.seen === 'content';

/** A link where the content should be, or an error message that is known from the defect. */
const isDefect = ({ seen, exitCode, words }: ProbeStep, advisory: Advisory): boolean =>
  seen === 'link' || (exitCode !== 0 && matchSignature(words, advisory, { mountSays: true }) !== null);

function detail(step: ProbeStep | undefined): string {
  if (!step) return '';
  const words = firstLine(step.words);
  const instead = step.exitCode === 0 ? `, but ${step.seen === 'link' ? 'a link' : 'nothing'} there` : '';
  return ` (exit ${step.exitCode}${instead}${words ? `: ${words}` : ''})`;
}
