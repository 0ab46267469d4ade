/**
 * Runs command lines in a namespace of their own, first as they are, then with one fault after another, and looks at
 * what each leaves there. Started by faults.test.ts, with its work as JSON on standard input; prints a Report.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { runCommandLine } from '../../../src/cli.ts';
import { UserError } from '../../../src/errors.ts';
import type { Host } from '../../../src/host/host.ts';
import { localHost } from '../../../src/host/local.ts';
import { withTrouble } from '../../../src/trouble.ts';
import { type Fault, faulty, kindsOf, type Seen } from './faulty.ts';

export interface Scenario {
  name: string;
  args: string[];
  /** options of the runs with a fault: what does not come then is not waited for long */
  hurry?: string[];
  env: Record<string, string>;
  /** a line of the shell that runs before each run */
  before?: string;
  /** the questions that go wrong, a regular expression; default: all that no other scenario has */
  only?: string;
  /** directories whose names are compared before and after */
  watched: string[];
}

export interface Ended {
  scenario: string;
  /** null for the run as it is */
  fault: Fault | null;
  exitCode: number;
  /** of an error that is no sentence for a person */
  crash: string | null;
  /** what was not there before */
  left: string[];
  /** what is mounted for kubelet's pods afterwards */
  mounted: number;
  /** where /run/current-system leads; empty without one */
  system: string;
  said: string;
  ms: number;
}

export interface Work {
  scenarios: Scenario[];
}

/** Of one run: the longest time limit of a program that is run is 12 hours. */
const longestMs = 60_000;

const names = (directory: string): string[] => {
  try {
    return readdirSync(directory).map((name) => `${directory}/${name}`);
  } catch {
    return [];
  }
};

const linkOf = (file: string): string => {
  try {
    return readlinkSync(file);
  } catch {
    return '';
  }
};

const commandLine = (pid: string): string | null => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ') || null;
  } catch {
    return null;
  }
};

/** A kubelet that a switch starts again is the node's own. */
const isKubelet = (line: string): boolean => /^\S*\/kubelet 600 $/.test(line);

/** Mounts, processes and files. */
function there({ watched }: Scenario): string[] {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '');
  const processes = readdirSync('/proc').flatMap((name) =>
    /^\d+$/.test(name) ? (commandLine(name) ?? []) : [],
  );
  return [
    ...mounts.filter(Boolean).map((at) => `mount ${at}`),
    ...processes.filter((line) => !isKubelet(line)),
    // The directory for all that is temporary stays; what is in it does not.
    ...watched.flatMap(names).filter((file) => file !== '/run/subpathfix'),
  ].sort();
}

/** What has come, each as often as it has. */
function surplus(before: string[], after: string[]): string[] {
  const rest = [...before];
  return after.filter((each) => {
    const at = rest.indexOf(each);
    if (at >= 0) rest.splice(at, 1);
    return at < 0;
  });
}

async function run(argv: string[], host: Host): Promise<Pick<Ended, 'exitCode' | 'crash' | 'said' | 'ms'>> {
  let said = '';
  const output = {
    write: (text: string) => {
      said += text;
    },
    columns: null,
  };
  const started = performance.now();
  let crash: string | null = null;
  const { signal } = new AbortController();
  const context = { host, version: '0', signal, argv, stdout: output, stderr: output };
  const late = new AbortController();
  const work = runCommandLine(context).catch((error: unknown) => {
    const trouble = withTrouble(error, () => null);
    if (trouble instanceof UserError) {
      said += trouble.message;
      return trouble.exitCode;
    }
    crash = error instanceof Error ? String(error.stack) : String(error);
    return 3;
  });
  const overdue = sleep(longestMs, -1, { signal: late.signal }).catch(() => -1);
  const exitCode = await Promise.race([work, overdue]);
  late.abort();
  if (exitCode === -1) crash = `it did not end within ${longestMs} ms`;
  return { exitCode, crash, said, ms: Math.round(performance.now() - started) };
}

async function tryOne(scenario: Scenario, fault: Fault | null, seen: Seen): Promise<void> {
  if (scenario.before !== undefined) execFileSync('/bin/sh', ['-c', scenario.before], { stdio: 'ignore' });
  const before = there(scenario);
  const host = faulty(localHost({ ...scenario.env }), seen, fault);
  const { args, hurry = [] } = scenario;
  const ran = await run(fault === null ? args : [...args, ...hurry], host);
  let left = surplus(before, there(scenario));
  for (let tries = 0; tries < 20 && left.length > 0; tries += 1) {
    await sleep(20);
    left = surplus(before, there(scenario));
  }
  const mounted = readFileSync('/proc/self/mountinfo', 'utf8').split('/volume-subpaths/').length - 1;
  const said = left.length > 0 ? ran.said : ran.said.slice(0, 1200);
  const ended: Ended = {
    scenario: scenario.name,
    fault,
    left,
    mounted,
    system: linkOf('/run/current-system'),
    ...ran,
    said,
  };
  process.stdout.write(`${JSON.stringify(ended)}\n`);
}

/** What a command asks that others ask too, of files that stay the same: one of them tries each. */
const isShared = (key: string): boolean =>
  /^(?:read|changed|is|distrust )/.test(key) && !key.includes(' /proc/');

const { scenarios } = JSON.parse(readFileSync(0, 'utf8')) as Work;
const tried = new Set<string>();
for (const scenario of scenarios) {
  const seen: Seen = new Map();
  await tryOne(scenario, null, seen);
  // A fault can lead to further questions, which are asked in other runs.
  for (const [key, found] of seen) {
    if (isShared(key) && tried.has(key)) continue;
    if (scenario.only !== undefined && !new RegExp(scenario.only).test(key)) continue;
    tried.add(key);
    for (const kind of kindsOf(key, found)) await tryOne(scenario, { key, kind }, new Map());
  }
}
process.exit(0);
