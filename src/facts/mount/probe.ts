/** Tries a mount for real, as kubelet does, and looks at what is there afterwards. */
import type { Advisory } from '../../advisory/index.ts';
import type { Host } from '../../host/host.ts';
import { type Fact, known, unknown } from '../fact.ts';
import type { ProbeCase, ProbeOutcome } from '../facts.ts';
import { findProgram } from './path.ts';
import { probeScript } from './probe-script.ts';

const limits = { timeoutMs: 10_000, maxBytes: 256 * 1024 };

/** One mount of the probe: how it ended, what is at its target, and what it said. */
export interface ProbeStep {
  name: 'scratch' | 'control' | ProbeCase;
  exitCode: number;
  seen: 'content' | 'link' | 'nothing';
  words: string;
}

export interface ProbeResult {
  outcome: Fact<ProbeOutcome>;
  steps: ProbeStep[];
}

/** What is tried: a mount, with the environment that it gets. */
export interface ProbeTarget {
  /** absolute path */
  mount: string;
  env: Record<string, string>;
}

/**
 * Runs the probe in a mount and a PID namespace of its own: when it ends, in whatever way, the kernel ends
 * every process in them and drops every mount (pid_namespaces(7)). setpriv makes that so even when this
 * process is killed (PR_SET_PDEATHSIG).
 * @param signal ends the probe
 */
export async function probe(
  host: Host,
  { mount, env }: ProbeTarget,
  advisory: Advisory,
  signal?: AbortSignal,
): Promise<ProbeResult> {
  const tools = await findTools(host);
  if (typeof tools === 'string') return { outcome: unknown(tools), steps: [] };
  // Nobody else's line begins like this; node:crypto would cost more to load than the mounts to make.
  const mark = `subpathfix-${process.pid}-${process.hrtime.bigint()}`;
  const namespaces = [
    '--mount',
    '--propagation',
    'private',
    '--pid',
    '--fork',
    '--kill-child',
    '--mount-proc',
  ];
  const result = await host.run(
    {
      file: tools.setpriv,
      args: [
        ...['--pdeathsig', 'KILL', tools.unshare, ...namespaces],
        ...(host.isRoot ? [] : ['--map-root-user']),
        ...['/bin/sh', '-c', probeScript, 'sh', mount, tools.mkdir, mark],
      ],
      // The words of mount are compared with known ones, which are in English.
      env: { ...env, LC_ALL: 'C' },
      mutates: false,
    },
    signal ? { ...limits, signal } : limits,
  );
  const steps = parseSteps(result.output, mark);
  const forceMount2 = env[advisory.environment.variable] ?? null;
  if (result.stopped !== null) return { outcome: unknown(stoppedReason(result.stopped, mount)), steps };
  if (steps.length === 0) return { outcome: unknown(noNamespace(result.output)), steps };
  return { outcome: outcomeOf(steps, { mount, forceMount2 }, advisory), steps };
}

async function findTools(host: Host): Promise<{ setpriv: string; unshare: string; mkdir: string } | string> {
  const find = (name: string): Promise<string | null> =>
    findProgram(host, name, host.env['PATH'] ?? '', host.cwd);
  const [setpriv, unshare, mkdir] = await Promise.all([find('setpriv'), find('unshare'), find('mkdir')]);
  if (setpriv && unshare && mkdir) return { setpriv, unshare, mkdir };
  const missing = unshare ? (setpriv ? 'mkdir' : 'setpriv') : 'unshare';
  return `${missing} is not in PATH; it is needed to try a mount (util-linux, coreutils)`;
}

function stoppedReason(stopped: 'time' | 'output' | 'signal' | 'not started', mount: string): string {
  return {
    time: `${mount} did not end within ${limits.timeoutMs / 1000} s, and was stopped`,
    output: `${mount} wrote more than ${limits.maxBytes / 1024} KiB, and was stopped`,
    signal: 'the probe was stopped by a signal',
    'not started': 'the programs that try a mount could not be started',
  }[stopped];
}

function noNamespace(output: string): string {
  const words = firstLine(output);
  return `no private mount namespace could be made${words ? ` (${words})` : ''}: run as root, or where user namespaces are allowed`;
}

const firstLine = (text: string): string => text.trim().split('\n', 1)[0]?.trim().slice(0, 300) ?? '';

/** The script's own lines, each with what mount wrote before it. */
export function parseSteps(output: string, mark: string): ProbeStep[] {
  const steps: ProbeStep[] = [];
  let words: string[] = [];
  for (const line of output.split('\n')) {
    const match = line.startsWith(mark)
      ? /^(scratch|control|file|directory) (\d{1,3}) (content|link|nothing)$/.exec(
          line.slice(mark.length + 1),
        )
      : null;
    if (!match) {
      words.push(line);
      continue;
    }
    const [, name, exitCode, seen] = match as unknown as [
      string,
      ProbeStep['name'],
      string,
      ProbeStep['seen'],
    ];
    steps.push({ name, exitCode: Number(exitCode), seen, words: words.join('\n').trim().slice(0, 2000) });
    words = [];
  }
  return steps;
}

/** What the steps say, judged by what is there and by mount's own words, never by an exit code alone. */
export function outcomeOf(
  steps: ProbeStep[],
  tried: Pick<ProbeOutcome, 'mount' | 'forceMount2'>,
  advisory: Advisory,
): Fact<ProbeOutcome> {
  const step = (name: ProbeStep['name']): ProbeStep | undefined => steps.find((one) => one.name === name);
  for (const name of ['scratch', 'control'] as const) {
    const one = step(name);
    if (one?.exitCode !== 0 || one.seen !== 'content') {
      const what = name === 'scratch' ? 'a tmpfs' : 'a plain bind mount, the control,';
      return unknown(`${what} failed too, so that the rest says nothing${said(one)}`);
    }
  }
  const failed: ProbeCase[] = [];
  for (const name of ['file', 'directory'] as const) {
    const one = step(name);
    if (one?.exitCode === 0 && one.seen === 'content') continue;
    if (!one || !isDefect(one, advisory)) {
      return unknown(`the mount of a ${name} failed, but not as this defect makes it fail${said(one)}`);
    }
    failed.push(name);
  }
  const state = failed.length > 0 ? 'affected' : 'fixed';
  return known({ state, failed, ...tried }, `${tried.mount}, tried on this machine`);
}

/** A link where the content should be, or a refusal in the words that are known of the defect. */
function isDefect(step: ProbeStep, advisory: Advisory): boolean {
  if (step.seen === 'link') return true;
  if (step.exitCode === 0) return false;
  return advisory.signatures.some(
    ({ mountSays, pattern }) => mountSays && new RegExp(pattern, 'u').test(step.words),
  );
}

function said(step: ProbeStep | undefined): string {
  if (!step) return '';
  const words = firstLine(step.words);
  const ended =
    step.exitCode === 0
      ? `exit 0, but ${step.seen === 'link' ? 'a link' : 'nothing'} there`
      : `exit ${step.exitCode}`;
  return ` (${ended}${words ? `: ${words}` : ''})`;
}
