/** Files in which a run leaves what it could not tell anybody: the next run names them. Root's alone. */
import type { Command } from '../host/command.ts';
import { type Host, orNull } from '../host/host.ts';

/** Empty after a reboot. */
export const runDirectory = '/run/subpathfix';
const prefix = 'unsaid-';

export const makeRunDirectory: Command = {
  file: 'mkdir',
  args: ['-p', '-m', '0700', runDirectory],
  mutates: true,
};

/** @param purpose of the file, in this run */
export const unsaidFile = ({ pid }: Pick<Host, 'pid'>, purpose: string): string =>
  `${runDirectory}/${prefix}${purpose}-${pid}.txt`;

/** The files of runs that have ended; none where they cannot be read. */
export async function unsaidFiles(host: Host): Promise<string[]> {
  const names = (await orNull(host.readDirectory(runDirectory))) ?? [];
  const files: string[] = [];
  for (const name of names) {
    const pid = /^unsaid-.*-(\d+)\.txt$/.exec(name)?.[1];
    if (pid === undefined || Number(pid) === host.pid || (await host.isAlive(Number(pid)))) continue;
    files.push(`${runDirectory}/${name}`);
  }
  return files;
}

/** Removes files that may not be there, and the directory if nothing is left in it. */
export async function removeFiles(host: Host, ...files: string[]): Promise<void> {
  for (const file of [...files, runDirectory]) await host.remove(file).catch(() => undefined);
}

/**
 * Keeps what could not be written to the terminal: in the journal, and as root in a file that the next run names.
 * Best effort, never throws.
 */
export async function keepUnsaid(host: Host, text: string): Promise<void> {
  // What a task list draws is of no use there.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what a terminal gets
  const plain = text.replace(/\r\u001b\[2K|\u001b\[[0-9;]*m/g, (drawn) =>
    drawn.startsWith('\r') ? '\n' : '',
  );
  const journal = {
    file: 'systemd-cat',
    args: ['--identifier=subpathfix'],
    input: plain.trimStart(),
    mutates: true,
  };
  await host.run(journal, { timeoutMs: 5000 }).catch(() => undefined);
  if (!host.isRoot) return;
  try {
    await host.makeDirectory(runDirectory, 0o700);
    await host.writeText(unsaidFile(host, 'output'), plain.trimStart());
  } catch {
    // There is nowhere left to say it.
  }
}
