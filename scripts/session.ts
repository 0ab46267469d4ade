/** One real session with the built program, as a picture: docs/images/session.svg. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { terminalSvg } from './terminal-svg.ts';

const root = path.resolve(import.meta.dirname, '..');
export const pictureFile = path.join(root, 'docs/images/session.svg');

const columns = 100;

/** As somebody types them, beside a nixpkgs of the time in which it had the fix as a patch. */
const session: readonly string[][] = [
  ['check', '--channel', 'nixos-25.05', '--util-linux', '2.41'],
  ['generate', '--channel', 'nixos-25.05', '--util-linux', '2.41', '--role', 'worker', '--out', 'fix'],
  ['check', '--nixpkgs', 'nixpkgs'],
];

/**
 * Runs the session in an empty directory, each command on a terminal of its own, and draws what that shows.
 * @throws {Error} if dist/ is missing or a command ends in a way that is no answer
 */
export async function sessionPicture(): Promise<string> {
  const directory = mkdtempSync(path.join(tmpdir(), 'subpathfix-session-'));
  try {
    cpSync(path.join(root, 'test/fixtures/nixpkgs/patched'), path.join(directory, 'nixpkgs'), {
      recursive: true,
    });
    const shown: string[] = [];
    for (const args of session) {
      const printed = await onTerminal(args, directory);
      shown.push(`$ subpathfix ${args.join(' ')}\n${printed}`);
    }
    return terminalSvg(
      shown.join('\n'),
      columns,
      'A session: check, generate, and check of a nixpkgs with the fix',
    );
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** What a command prints on a terminal; script(1) makes one, whose line ends are CR LF. */
async function onTerminal(args: readonly string[], cwd: string): Promise<string> {
  const main = path.join(root, 'dist/main.cjs');
  const command = `stty cols ${columns} && exec "$NODE" "$MAIN" ${args.join(' ')}`;
  const { NO_COLOR: _, ...inherited } = process.env;
  const { stdout, exitCode } = await execa(
    'script',
    ['--quiet', '--return', '--command', command, '/dev/null'],
    {
      cwd,
      env: { ...inherited, TERM: 'xterm-256color', SHELL: '/bin/sh', NODE: process.execPath, MAIN: main },
      extendEnv: false,
      reject: false,
      input: '',
    },
  );
  // 0 and 1 are answers; all that these inputs have.
  if (exitCode !== 0 && exitCode !== 1) throw new Error(`${args.join(' ')}: exit ${exitCode}\n${stdout}`);
  return `${stdout.replaceAll('\r', '').trimEnd()}\n`;
}
