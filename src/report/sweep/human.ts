/** The listing for a person at a terminal. */
import { createColors } from 'picocolors';
import { cell, table, wrapped } from '../../text/table.ts';
import type { Sweep, SweepDirectory } from './schema.ts';
import {
  age,
  headline,
  linkState,
  next,
  notesOf,
  otherKind,
  outcomeText,
  podName,
  podState,
  shown,
} from './words.ts';

const width = 100;

export function human(sweep: Sweep, color: boolean): string {
  const colors = createColors(color);
  const { mounts, directories, otherKinds } = sweep;
  const bad = directories.some(({ outcome, obstacle }) =>
    outcome ? isBad(outcome.state) : obstacle !== null,
  );
  const settled = mounts.length === 0 || sweep.applied;
  const paint = bad ? colors.red : settled ? colors.green : colors.yellow;
  const lines = [colors.bold(paint(headline(sweep)))];
  if (mounts.length > 0) {
    const rows = mounts.map((mount) => [
      cell(podName(mount), 60),
      cell(shown(mount.container), 30),
      cell(shown(mount.volume), 30),
      age(mount),
      linkState(mount),
      podState(mount),
    ]);
    const header = ['POD', 'CONTAINER', 'VOLUME', 'AGE', 'LINK', 'POD IS'];
    lines.push('', ...table([header, ...rows], colors.dim));
  }
  for (const directory of directories) lines.push('', ...directoryLines(directory, sweep));
  const more = [...otherKinds.map(otherKind), ...notesOf(sweep)];
  if (more.length > 0) lines.push('');
  for (const text of more) lines.push(...wrapped(`note: ${text}`, width, '', '  '));
  const then = next(sweep);
  if (then !== null) lines.push('', ...wrapped(`next: ${then}`, width, '', '  '));
  return `${lines.join('\n')}\n`;
}

function isBad(state: NonNullable<SweepDirectory['outcome']>['state']): boolean {
  return state !== 'removed' && state !== 'gone';
}

function directoryLines(directory: SweepDirectory, { mounts }: Sweep): string[] {
  const own = mounts.filter((mount) => mount.directory === directory.path);
  const lines = [shown(directory.path)];
  for (const { mountPoint, kubeletPid, fd } of own) {
    lines.push(`  left behind: ${shown(mountPoint)} (/proc/${kubeletPid}/fd/${fd})`);
  }
  for (const sibling of directory.siblings) lines.push(`  goes too: ${shown(sibling)}`);
  const text = outcomeText(directory);
  if (text !== null) lines.push(...wrapped(text, width, '  ', '    '));
  for (const command of directory.commands ?? []) lines.push(`  $ ${command}`);
  return lines;
}
