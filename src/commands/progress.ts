/** Shows which phase is running: a task list on a terminal, plain lines elsewhere. */
import { createColors } from 'picocolors';
import { phaseLine } from '../report/documents/verify.ts';
import { printable } from '../text/escape.ts';
import type { PhaseState, Progress } from '../verify/phase.ts';
import { type Context, type SharedOptions, wantsColor } from './context.ts';

/** Progress goes to standard error; --quiet and --json turn it off. A signal that comes again tells it in any case. */
export function progressFor(context: Context, options: SharedOptions): Progress {
  const { activity } = context;
  const shown = shownProgress(context, options);
  if (!activity) return shown;
  activity.keepsUnsaid = true;
  return {
    ...shown,
    started(phase) {
      activity.step = phase.title;
      shown.started(phase);
    },
    decided() {
      activity.isDecided = true;
    },
    remains(what) {
      activity.remains = what;
    },
  };
}

function shownProgress(context: Context, options: SharedOptions): Progress {
  const { host, stderr } = context;
  if (options.quiet || options.json) {
    const nothing = (): void => {};
    return { started: nothing, update: nothing, ended: nothing };
  }
  const { columns } = stderr;
  return columns === null || host.env['TERM'] === 'dumb'
    ? plainLines(context)
    : taskList(context, wantsColor(context, options), columns);
}

function plainLines({ stderr }: Context): Progress {
  const show = (line: string): unknown => stderr.write(`${printable(line)}\n`);
  return {
    started: ({ title }) => show(`-> ${title}`),
    update: (line) => show(`   ${line}`),
    ended: (report) => show(`   ${report.state.padEnd(15)} ${phaseLine(report)}`),
  };
}

const looks: Record<PhaseState, ['green' | 'red' | 'yellow' | 'dim', symbol: string]> = {
  passed: ['green', '✔'],
  affected: ['red', '✖'],
  'not-in-effect': ['red', '✖'],
  'lost-at-restart': ['red', '✖'],
  failed: ['red', '✖'],
  undetermined: ['yellow', '?'],
  skipped: ['dim', '-'],
};

/** The last line is the running phase with its latest output; the result replaces it when the phase ends. */
function taskList({ stderr }: Context, color: boolean, columns: number): Progress {
  const colors = createColors(color);
  let current = '';
  const line = (text: string): string => printable(text).slice(0, Math.max(20, columns - 1));
  const show = (text: string, end = ''): unknown => stderr.write(`\r\u001b[2K${text}${end}`);
  return {
    started({ title }) {
      current = title;
      show(line(`… ${title}`));
    },
    update: (text) => show(colors.dim(line(`… ${current}: ${text}`))),
    ended({ state, title, because, milliseconds }) {
      const [paint, symbol] = looks[state];
      const seconds = (milliseconds / 1000).toFixed(1);
      show(`${colors[paint](symbol)} ${line(`${title} (${seconds} s): ${because}`)}`, '\n');
    },
  };
}
