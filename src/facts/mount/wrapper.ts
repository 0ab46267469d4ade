/**
 * Wrappers that nixpkgs puts around programs: a shell script by makeWrapper, or a compiled one by
 * makeBinaryWrapper, which contains the command that made it (pkgs/build-support/setup-hooks).
 */
import { splitWords } from '../node/unit-syntax.ts';

export interface Wrapper {
  /** the program that it runs */
  target: string;
  /** directories that it prepends to PATH, in their final order */
  pathPrefix: string[];
  /** variables that it sets; null for those that it unsets */
  env: Record<string, string | null>;
}

/** @returns null if the bytes are not a known kind of wrapper */
export function parseWrapper(head: Buffer): Wrapper | null {
  const magic = head.toString('latin1', 0, 4);
  if (magic.startsWith('#!')) return parseShellWrapper(head.toString('utf8'));
  return magic === '\u007fELF' ? parseBinaryWrapper(head) : null;
}

const unquoted = (text: string): string => text.replace(/^(['"])(.*)\1$/s, '$2');

/** An assignment to PATH: the directories before what it inherits, or all of it if it inherits nothing. */
function assignPath(wrapper: Wrapper, value: string): void {
  const inherits = value.indexOf('$');
  const literal = (inherits < 0 ? value : value.slice(0, inherits)).replace(/['"]/g, '');
  const directories = literal.split(':').filter((directory) => directory.startsWith('/'));
  if (inherits < 0) wrapper.env['PATH'] = directories.join(':');
  else wrapper.pathPrefix.unshift(...directories);
}

function parseShellWrapper(text: string): Wrapper | null {
  const wrapper: Wrapper = { target: '', pathPrefix: [], env: {} };
  const assign = (name: string, value: string): void => {
    if (name === 'PATH') assignPath(wrapper, value);
    else if (!value.includes('$')) wrapper.env[name] = unquoted(value);
  };
  for (const line of text.split('\n')) {
    const assignment = /^(?:export )?([A-Za-z_]\w*)=(\S*|'[^']*'|"[^"]*")$/.exec(line);
    if (assignment?.[1]) assign(assignment[1], assignment[2] ?? '');
    const unset = /^unset ([A-Za-z_]\w*)$/.exec(line);
    if (unset?.[1]) wrapper.env[unset[1]] = null;
    const exec = /^((?:[A-Za-z_]\w*=\S+ +)*)exec (?:-a "?\$0"? +)?["']?(\/[^\s"'$]+)["']?/.exec(line);
    if (!exec) continue;
    wrapper.target = exec[2] ?? '';
    for (const word of exec[1]?.trim().split(/ +/).filter(Boolean) ?? []) {
      assign(word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1));
    }
  }
  return wrapper.target === '' ? null : wrapper;
}

/** Searched as bytes: most programs are no wrappers, and making a text of one takes longer than reading it. */
function parseBinaryWrapper(head: Buffer): Wrapper | null {
  const start = head.indexOf("makeCWrapper '");
  if (start < 0) return null;
  // The command ends at the first line that no backslash continues.
  const text = head.toString('latin1', start, start + 65_536);
  const command = /^(?:[^\n\0]*\\\n)*[^\n\0]*/.exec(text)?.[0] ?? '';
  const [, target = '', ...words] = splitWords(command.replaceAll('\\\n', ' '));
  const wrapper: Wrapper = { target, pathPrefix: [], env: {} };
  for (let index = 0; index < words.length; index += 1) {
    const [option, name = '', second = '', third = ''] = words.slice(index, index + 4);
    if (option === '--set' || option === '--set-default') wrapper.env[name] = second;
    if (option === '--unset') wrapper.env[name] = null;
    if (option === '--prefix' && name === 'PATH')
      wrapper.pathPrefix.unshift(...third.split(second || ':').filter(Boolean));
  }
  return target.startsWith('/') ? wrapper : null;
}
