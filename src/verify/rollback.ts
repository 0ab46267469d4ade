/**
 * The way back to the system that ran before. With systemd it is armed before anything is activated: a transient
 * timer, which outlives this process, its terminal and its connection, goes back unless the proof disarms it.
 */
import type { Command } from '../host/command.ts';
import type { Host } from '../host/host.ts';
import { activateLimit, finish } from './finish.ts';
import type { PhaseResult, RebuildMode } from './phase.ts';
import { rollbackScript } from './rollback-script.ts';
import type { Systems } from './systems.ts';
import { environmentWith, finishUnit, isActive, systemctl } from './units.ts';
import { makeRunDirectory, removeFiles, runDirectory, unsaidFile } from './unsaid.ts';

const rollbackTimer = 'subpathfix-rollback.timer';
const rollbackService = 'subpathfix-rollback.service';
const script = `${runDirectory}/rollback.sh`;
const purpose = 'rollback';
const shortLimit = { timeoutMs: 30_000 };

/** What a node is taken back to. */
export interface Before extends Systems {
  mode: RebuildMode;
  /** kubelet's, with its type; empty if it has none */
  unit: string;
  /** the start of the unit; empty if it was not running */
  invocation: string;
}

export interface Rollback {
  before: Before;
  /** null: without systemd, only this process can go back */
  seconds: number | null;
}

/** From the beginning of a phase: it has its own time limit, and needs some time to clean up. */
export const rollbackSeconds = (timeoutMs: number): number => Math.ceil(timeoutMs / 1000) + 60;

const scriptCommand = ({ mode, running, generation, next, unit, invocation }: Before): string[] => [
  ...['/bin/sh', script, mode, running ?? '', generation ?? '', next ?? '', unit, invocation],
];

/** The programs of the previous system come first: they work whatever the new one is like. */
const environment = (host: Host, { running }: Before): Record<string, string> =>
  environmentWith(host, { PATH: `${running}/sw/bin:${host.env['PATH'] ?? ''}` });

/** The commands that arm it; the last one is for systemd. */
export function armCommands(host: Host, { before, seconds }: Rollback): Command[] {
  const write: Command[] = [
    makeRunDirectory,
    { file: 'tee', args: [script], input: rollbackScript, mutates: true },
  ];
  if (seconds === null) return write;
  const timer = [`--on-active=${seconds}s`, '--timer-property=AccuracySec=1s', '--unit=subpathfix-rollback'];
  const service = ['--collect', '--quiet', '--service-type=oneshot', '-E', 'PATH'];
  const output = `--property=StandardOutput=append:${unsaidFile(host, purpose)}`;
  const args = [...timer, ...service, output, ...scriptCommand(before)];
  return [...write, { file: 'systemd-run', args, env: environment(host, before), mutates: true }];
}

/** @returns the failure; null if it is armed */
export async function arm(host: Host, rollback: Rollback): Promise<PhaseResult | null> {
  // Its presence says that the service has run: not one of an earlier process with the same id.
  await removeFiles(host, unsaidFile(host, purpose));
  for (const command of armCommands(host, rollback)) {
    const failed = await finish(host, command, shortLimit);
    if (failed) return failed;
  }
  if (rollback.seconds === null || (await isActive(host, rollbackTimer))) return null;
  return { state: 'failed', because: `${rollbackTimer} was started, but is not active` };
}

/** Lets the time begin anew. */
export async function renew(host: Host, { seconds }: Rollback): Promise<void> {
  if (seconds !== null) await host.run(systemctl('restart', rollbackTimer), shortLimit);
}

/** Keeps the time from running out while something is done that may take longer. */
export async function renewing<T>(host: Host, rollback: Rollback | undefined, work: Promise<T>): Promise<T> {
  if (!rollback || rollback.seconds === null) return work;
  const { seconds } = rollback;
  const over = new AbortController();
  const beat = (async () => {
    while (!over.signal.aborted) {
      await host.pause((seconds * 1000) / 4, over.signal);
      if (!over.signal.aborted) await renew(host, rollback);
    }
  })();
  try {
    return await work;
  } finally {
    over.abort();
    await beat;
  }
}

/**
 * Disarms it.
 * @returns false if it was too late: the node is back on its previous system
 */
export async function disarm(host: Host, { seconds }: Rollback): Promise<boolean> {
  const output = unsaidFile(host, purpose);
  let ran = false;
  if (seconds !== null) {
    await host.run(systemctl('stop', rollbackTimer), shortLimit);
    ran = await hasRun(host);
    while (await isActive(host, rollbackService)) await host.pause(500);
  }
  await removeFiles(host, script, output);
  return !ran;
}

/** systemd creates the file when the service starts. */
const hasRun = async (host: Host): Promise<boolean> =>
  (await isActive(host, rollbackService)) ||
  (await host.changedAt(unsaidFile(host, purpose)).then(
    () => true,
    () => false,
  ));

/** Goes back now, and waits until that is done; whether it has worked, the node must tell. */
export async function goBack(
  host: Host,
  { before, seconds }: Rollback,
  onLine: (line: string) => void,
): Promise<PhaseResult | null> {
  const limits = { ...activateLimit, onLine };
  if (seconds !== null) {
    const failed = await finishUnit(host, purpose, systemctl('start', rollbackService), limits);
    if (!failed) return null;
    // Its time was up just now, and it has run by itself; or systemd does not answer.
    if (await hasRun(host)) {
      while (await isActive(host, rollbackService)) await host.pause(500);
      return null;
    }
  }
  return runHere(host, before, onLine);
}

/** Goes back without systemd's help. */
export async function runHere(
  host: Host,
  before: Before,
  onLine: (line: string) => void,
): Promise<PhaseResult | null> {
  await arm(host, { before, seconds: null });
  const [file = '', ...args] = scriptCommand(before);
  const command = { file, args, env: environment(host, before), mutates: true };
  return finish(host, command, { ...activateLimit, onLine });
}

/** Says that a rollback is armed or runs, and how to end that; null if not. */
export async function armedRollback(host: Host): Promise<string | null> {
  if (!(await isActive(host, rollbackTimer, rollbackService))) return null;
  const show = {
    ...systemctl('list-timers', '--all', '--no-legend', '--no-pager', rollbackTimer),
    mutates: false,
  };
  const { output } = await host.run(show, shortLimit);
  const time = /^\w+ ([\d-]+ [\d:]+)/.exec(output)?.[1];
  const when = time === undefined ? 'now' : `at ${time}`;
  return (
    `${rollbackTimer} of an earlier run returns this node to its previous system ${when}; ` +
    `return now: sudo systemctl start ${rollbackService}; keep this system: sudo systemctl stop ${rollbackTimer}`
  );
}
