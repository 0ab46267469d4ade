/** What the far side says of itself first. */
import { bad, type Section } from './sections.ts';

export interface Greeting {
  pid: number;
  /** its PATH, the system's own directories first */
  searchPath: string;
  /** null if it is not known */
  hostname: string | null;
  /** ms by which its clock is ahead of this machine's; 0 where that cannot be told from the time of the answer */
  offsetMs: number;
  /** the user that it logged in as, where sudo made it root; null where it is root itself */
  user: string | null;
}

export const greetingLines = [
  'begin H; printf "%s\\n" "$(id -u)" "$$" "$PATH" "$(uname -n)" "$(date +%s)" "${SUDO_USER:-}"; end',
];

/** ms: less than this is no difference, with a clock that is read in whole seconds at the end of a long answer. */
const unsure = 5000;

/** @throws {HostError} */
export function greetingIn(sections: readonly Section[]): Greeting {
  const [hello] = sections.filter(({ kind }) => kind === 'H');
  const [uid, pid, searchPath = '', hostname = '', seconds, user = ''] =
    hello?.lines.map((line) => line.toString('utf8')) ?? [];
  if (uid !== '0') throw bad('it is not root');
  if (!/^[1-9]\d{0,9}$/.test(pid ?? '') || !/^\d{1,11}$/.test(seconds ?? ''))
    throw bad('it does not say who it is');
  const offset = Number(seconds) * 1000 - Date.now();
  return {
    pid: Number(pid),
    searchPath: searchPath.slice(0, 10_000),
    hostname: hostname.slice(0, 255) || null,
    offsetMs: Math.abs(offset) < unsure ? 0 : offset,
    user: user.slice(0, 64) || null,
  };
}
