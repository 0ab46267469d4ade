/** Shows where a ladder of phases is: a task list on a terminal, plain lines elsewhere. */
import { createColors } from 'picocolors';
import { phaseLine } from '../report/verify/index.ts';
import { printable } from '../text/escape.ts';
import type { PhaseState, Watcher } from '../verify/phase.ts';
import { type Context, type SharedOptions, wantsColor } from './context.ts';

/** Progress goes to standard error; --quiet and --json have none of it. */
export function watcherFor(context: Context, options: SharedOptions): Watcher {
  if (options.quiet || options.json) {
    const nothing = (): void => {};
    return { started: nothing, said: nothing, ended: nothing };
  }
  const terminal = process.stderr.isTTY === true && context.host.env['TERM'] !== 'dumb';
  return terminal ? taskList(context, options) : plainLines(context);
}

function plainLines({ stderr }: Context): Watcher {
  const write = (line: string): void => stderr(`${printable(line)}\n`);
  return {
    started: ({ title }) => write(`-> ${title}`),
    said: (line) => write(`   ${line}`),
    ended: (report) => write(`   ${phaseLine(report)}`),
  };
}

const symbols: Record<PhaseState, string> = {
  passed: '✔',
  affected: '✖',
  failed: '✖',
  undetermined: '?',
  'left out': '-',
};

/** The phase that runs is the last line, with what it said last; it becomes its result when it ends. */
function taskList(context: Context, options: SharedOptions): Watcher {
  const colors = createColors(wantsColor(context, options));
  const paint = {
    passed: colors.green,
    affected: colors.red,
    failed: colors.red,
    undetermined: colors.yellow,
    'left out': colors.dim,
  };
  let current = '';
  const line = (text: string): string =>
    printable(text).slice(0, Math.max(20, (process.stderr.columns || 80) - 1));
  const show = (text: string, end = ''): void => context.stderr(`\r\u001b[2K${text}${end}`);
  return {
    started({ title }) {
      current = title;
      show(line(`… ${title}`));
    },
    said: (text) => show(colors.dim(line(`… ${current}: ${text}`))),
    ended({ state, title, because, milliseconds }) {
      const seconds = (milliseconds / 1000).toFixed(1);
      show(`${paint[state](symbols[state])} ${line(`${title} (${seconds} s): ${because}`)}`, '\n');
    },
  };
}
