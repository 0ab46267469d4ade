/**
 * The sections that the far side answers in (agent.sh). Nothing of it is believed to be well-formed, or short. A line
 * before the first, between two, or after the last is somebody else's: a banner, or what a login shell says.
 */
import { HostError } from './errors.ts';

export interface Section {
  kind: string;
  lines: Buffer[];
}

export interface Marks {
  /** begins and ends a section */
  section: string;
  /** what a program's output ends with */
  ending: string;
}

/** Bytes of all answers of a host, and of a line; nothing that is asked for comes near them. */
const most = { total: 192 * 1024 * 1024, line: 1024 * 1024 };

const newline = 10;

export interface SectionReader {
  /** @returns the numbers of the batches whose answer ends in this piece. @throws {HostError} */
  push(piece: Buffer): number[];
  /** the sections that are complete, and forgets them */
  take(): Section[];
}

export function sectionReader({ section: mark }: Marks, limit = most): SectionReader {
  let total = 0;
  let rest: Buffer[] = [];
  let restBytes = 0;
  let open: Section | null = null;
  let complete: Section[] = [];
  const line = (text: Buffer): number | null => {
    const words = text.length < 100 ? text.toString('latin1') : '';
    if (!words.startsWith(`${mark} `)) {
      open?.lines.push(text);
      return null;
    }
    const [, kind = '', number = ''] = words.split(' ');
    if (kind === '.') {
      if (!open) throw bad('a section ends that was not begun');
      // The mark is on a line of its own, also after what does not end with one.
      if (open.lines.at(-1)?.length === 0) open.lines.pop();
      complete.push(open);
      open = null;
      return null;
    }
    if (open) throw bad('a section begins within another');
    if (kind === 'E' && /^\d{1,9}$/.test(number)) return Number(number);
    if (!/^[A-Z]$/.test(kind)) throw bad('a section of no known kind');
    open = { kind, lines: [] };
    return null;
  };
  return {
    push(piece) {
      const ended: number[] = [];
      total += piece.length;
      if (total > limit.total) throw bad('it is too long');
      let start = 0;
      for (let end = piece.indexOf(newline); end >= 0; end = piece.indexOf(newline, start)) {
        const number = line(Buffer.concat([...rest, piece.subarray(start, end)]));
        if (number !== null) ended.push(number);
        rest = [];
        restBytes = 0;
        start = end + 1;
      }
      rest.push(Buffer.from(piece.subarray(start)));
      restBytes += piece.length - start;
      if (restBytes > limit.line) throw bad('it has a line that is too long');
      return ended;
    },
    take() {
      const taken = complete;
      complete = [];
      return taken;
    },
  };
}

export const bad = (why: string): HostError =>
  new HostError('not-understood', `its answer is none that was asked for: ${why}`);
