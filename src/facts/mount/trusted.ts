/** Whether everything that runs when a program runs is root's own, or this user's. */
import { distrustText } from '../../host/distrust.ts';
import type { Host } from '../../host/host.ts';

/**
 * The first of these paths that somebody else can change, as a sentence; null if none can be. What is missing from a
 * directory of root's, only root can put there.
 */
export async function untrustedAmong(host: Host, files: readonly string[]): Promise<string | null> {
  for (const file of new Set(files)) {
    const found = await host.distrust(file);
    if (found && found.code !== 'missing') return distrustText(file, found);
  }
  return null;
}

/**
 * What the kernel starts for a script (execve(2)), and what env starts then.
 * @param head of the script; nothing for a program of another kind
 * @param env whose PATH env uses
 */
export async function interpretersOf(
  host: Host,
  head: Buffer,
  env: Readonly<Record<string, string>>,
): Promise<string[]> {
  const [, interpreter, words = ''] = /^#![ \t]*(\S+)([^\n]*)/.exec(head.toString('latin1', 0, 512)) ?? [];
  if (interpreter === undefined) return [];
  if (!interpreter.endsWith('/env')) return [interpreter];
  const [name] = words
    .split(/\s+/)
    .filter((word) => word !== '' && !word.startsWith('-') && !word.includes('='));
  const found = name === undefined ? null : await host.findProgram(name, env['PATH'] ?? '', '/');
  return [interpreter, ...(found === null ? [] : [found])];
}
