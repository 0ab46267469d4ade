/**
 * One connection to a host by the system's ssh, so that ssh_config, agents, jump hosts and known_hosts count. A shell
 * there reads what it is to do from its standard input: nothing is installed, and it ends with the connection.
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import agent from './agent.sh';
import { HostError, hostError } from './errors.ts';
import { type Section, sectionReader } from './sections.ts';

export interface Connection {
  /** what marks the end of a program's output */
  ending: string;
  /**
   * Has these lines done, in one round trip; one at a time.
   * @returns the sections of their answer
   * @throws {HostError}
   */
  ask(lines: readonly string[]): Promise<Section[]>;
  /** how often an answer was waited for */
  roundTrips(): number;
  /** when the shell there has begun to answer, or the connection has ended */
  greeted: Promise<void>;
  /** why it ended by itself; null if it did not */
  failed(): HostError | null;
  /** Ends it at once; what waits for an answer fails with this. What only reads there ends too. */
  close(why: HostError): void;
}

/** Of a program's beginning: no wrapper and no mount comes near it. One more than is used, to see that there is more. */
export const headBytes = 1_048_576;

/**
 * Host keys are checked as ssh_config says; nothing is asked. An existing master connection is used, none is left
 * behind. Nothing is forwarded, and no terminal is made.
 */
const options = [
  ...['BatchMode=yes', 'ControlMaster=no', 'ControlPersist=no', 'ClearAllForwardings=yes', 'ForwardAgent=no'],
  ...['ForwardX11=no', 'PermitLocalCommand=no', 'RequestTTY=no', 'RemoteCommand=none', 'EscapeChar=none'],
  ...['Compression=yes', 'ServerAliveInterval=10', 'ServerAliveCountMax=3', 'LogLevel=ERROR'],
].flatMap((option) => ['-o', option]);

/** In words that bash, csh and fish read alike. */
const remote = 'exec sh -c \'if [ "$(id -u)" = 0 ]; then exec sh -s; else exec sudo -n sh -s; fi\'';

/** Of standard error: what says why comes last. */
const mostErrors = 8192;
/** Of its output, before it has answered. */
const mostHeard = 1000;

/** What ends each ssh that runs: they are in process groups of their own. */
const living = new Set<() => void>();
let isWatched = false;

function watchExit(): void {
  if (isWatched) return;
  isWatched = true;
  process.once('exit', () => {
    for (const kill of living) kill();
  });
}

/** @param ssh the program @param target as hostTarget has checked it */
export function connect(ssh: string, target: string, env: NodeJS.ProcessEnv): Connection {
  const [section, ending] = [randomBytes(16).toString('hex'), randomBytes(16).toString('hex')];
  const reader = sectionReader({ section, ending });
  // In a process group of its own: Ctrl-C reaches this program, which ends it in order.
  const child = spawn(ssh, ['-T', ...options, '--', target, remote], {
    env,
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  let said = '';
  let heard = '';
  let batch = 0;
  let begun = false;
  let ended: HostError | null = null;
  let isClosed = false;
  let waiting: {
    number: number;
    resolve: (all: Section[]) => void;
    reject: (why: HostError) => void;
  } | null = null;
  let greet = (): void => undefined;
  const greeted = new Promise<void>((resolve) => {
    greet = resolve;
  });
  const kill = (): void => void child.kill('SIGTERM');
  const end = (why: HostError): void => {
    if (ended) return;
    ended = why;
    living.delete(kill);
    child.stdin.destroy();
    child.stdout.destroy();
    if (child.exitCode === null) kill();
    waiting?.reject(why);
    waiting = null;
    greet();
  };
  watchExit();
  living.add(kill);
  child.stdin.on('error', () => undefined);
  child.stderr.on('data', (piece: Buffer) => {
    said = (said + piece.toString('utf8')).slice(-mostErrors);
  });
  child.stdout.on('data', (piece: Buffer) => {
    if (ended) return;
    greet();
    // Without a shell, what is there instead says why here.
    if (batch <= 1 && heard.length < mostHeard) heard += piece.toString('utf8');
    try {
      for (const number of reader.push(piece)) {
        if (number !== waiting?.number) continue;
        const { resolve } = waiting;
        begun = true;
        waiting = null;
        resolve(reader.take());
      }
    } catch (error) {
      end(error as HostError);
    }
  });
  child.once('error', ({ message }) => end(new HostError('no-ssh', `ssh could not be started: ${message}`)));
  child.once('close', () => end(hostError(said, heard.slice(0, mostHeard), begun)));
  child.stdin.write(`m=${section} x=${ending} head=${headBytes + 1}\nprintf '\\n%s\\n' "$m"\n${agent}`);
  return {
    ending,
    greeted,
    ask: (lines) =>
      new Promise((resolve, reject) => {
        if (ended) return reject(ended);
        batch += 1;
        waiting = { number: batch, resolve, reject };
        const all = `${lines.join('\n')}\nflush\nprintf '\\n%s E ${batch}\\n' "$m"\n`;
        // While programs run, the shell goes on reading: it notices when the connection ends.
        child.stdin.write(lines.some((line) => line.startsWith('run ')) ? `{\n${all}} &\n` : all);
      }),
    roundTrips: () => batch,
    failed: () => (isClosed ? null : ended),
    close(why) {
      isClosed ||= ended === null;
      end(why);
    },
  };
}
