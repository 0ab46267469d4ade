/**
 * What runs apart from this program, in transient units of systemd: it ends neither with this process nor with its
 * terminal, and writes to a file, not to a pipe of ours.
 */
import type { Command, RunOptions } from '../host/command.ts';
import { definedEnv, type Host, orNull } from '../host/host.ts';
import { finish } from './finish.ts';
import type { PhaseResult } from './phase.ts';
import { unsaidFile } from './unsaid.ts';

/** Whether systemd runs here (sd_booted(3)), and can start transient units. */
export async function hasSystemd(host: Host): Promise<boolean> {
  const booted = await orNull(host.isDirectory('/run/systemd/system'));
  return booted === true && (await host.findTool('systemd-run')).file !== null;
}

export const systemctl = (...args: string[]): Command => ({ file: 'systemctl', args, mutates: true });

const readLimits = { timeoutMs: 10_000 };

/** Whether one of the units runs, or is about to. */
export async function isActive(host: Host, ...units: string[]): Promise<boolean> {
  const command = { ...systemctl('is-active', ...units), mutates: false };
  const { output } = await host.run(command, readLimits);
  return /^(?:active|activating|reloading|deactivating)$/m.test(output);
}

/** Which start of a unit this is (systemd.exec(5), INVOCATION_ID); empty if it is not running. */
export async function invocationOf(host: Host, unit: string): Promise<string> {
  const command = { ...systemctl('show', '--property=ActiveState,InvocationID', unit), mutates: false };
  const { exitCode, output } = await host.run(command, readLimits);
  if (exitCode !== 0 || !/^ActiveState=(?:active|activating|reloading)$/m.test(output)) return '';
  return /^InvocationID=(.+)$/m.exec(output)?.[1] ?? '';
}

/** The environment of systemd-run, which passes on what -E names. */
export const environmentWith = (host: Host, more: Record<string, string>): Record<string, string> => ({
  ...definedEnv(host.env),
  ...more,
});

/**
 * Runs a command whose unit writes to the file of that purpose, and passes on what is written there. It is let
 * finish, also after a signal.
 * @returns the failure, with its last lines; null on success
 */
export async function finishUnit(
  host: Host,
  purpose: string,
  command: Command,
  { onLine = () => {}, timeoutMs }: Pick<RunOptions, 'timeoutMs' | 'onLine'>,
): Promise<PhaseResult | null> {
  const file = unsaidFile(host, purpose);
  const over = new AbortController();
  let heard = 0;
  let lines: string[] = [];
  const listen = async (): Promise<void> => {
    const text = (await orNull(host.readText(file, 16_000_000))) ?? '';
    const complete = text.slice(0, text.lastIndexOf('\n') + 1);
    for (const line of complete.slice(heard).split('\n').slice(0, -1)) onLine(line);
    heard = complete.length;
    lines = text.split('\n').filter((line) => line.trim() !== '');
  };
  const listening = (async () => {
    while (!over.signal.aborted) {
      await listen();
      await host.pause(300, over.signal);
    }
  })();
  const failed = await finish(host, command, { timeoutMs, onLine });
  over.abort();
  await listening;
  await listen();
  return failed && { ...failed, details: [...(failed.details ?? []), ...lines].slice(-12) };
}
