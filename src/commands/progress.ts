/** Shows which phase is running: a task list on a terminal, plain lines elsewhere. */
import { createColors } from 'picocolors';
import { secondsOf } from '../report/documents/verify.ts';
import { printable } from '../text/escape.ts';
import { wrapped } from '../text/table.ts';
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
  const { stderr } = context;
  if (options.quiet || options.json) {
    const nothing = (): void => {};
    return { started: nothing, update: nothing, ended: nothing };
  }
  return hasTaskList(context)
    ? taskList(context, wantsColor(context, options), stderr.columns ?? 80)
    : plainLines(context);
}

const hasTaskList = ({ host, stderr }: Context): boolean =>
  stderr.columns !== null && host.env['TERM'] !== 'dumb';

/** Whether the result of each phase is shown on the terminal that the report goes to. */
export const showsPhases = (context: Context, { quiet, json }: SharedOptions): boolean =>
  !quiet && !json && hasTaskList(context) && context.stdout.columns !== null;

/** What is going on, for a log; the results are in the report. */
function plainLines({ stderr }: Context): Progress {
  const show = (line: string): unknown => stderr.write(`${printable(line)}\n`);
  return {
    started: ({ title }) => show(`-> ${title}`),
    update: (line) => show(`   ${line}`),
    ended: () => {},
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

const nodeLooks = {
  fixed: looks.passed,
  affected: looks.affected,
  undetermined: looks.undetermined,
  skipped: looks.skipped,
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
    node({ node, state, because }) {
      const [paint, symbol] = nodeLooks[state];
      show(`${colors[paint](symbol)} ${line(`${node}: ${state}: ${because}`)}`, '\n');
    },
    ended(report) {
      const { state, title, because, details = [] } = report;
      const [paint, symbol] = looks[state];
      const text = `${title} (${secondsOf(report)}): ${because}`;
      const lines = wrapped(printable(text), columns - 1, '  ', '    ');
      const more = details.flatMap((detail) => wrapped(printable(detail), columns - 1, '    ', '      '));
      show(`${colors[paint](symbol)} ${[...lines, ...more].join('\n').trimStart()}`, '\n');
    },
  };
}
