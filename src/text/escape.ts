/** The one place where text from outside becomes part of another language: Nix, a shell, Markdown, XML, a terminal. */

const escapes: Record<string, string> = { '"': '\\"', '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * A string literal of Nix with exactly this value.
 * @throws {RangeError} for a NUL, which no Nix string can hold
 */
export function nixString(value: string): string {
  if (value.includes('\0')) throw new RangeError('a Nix string cannot hold a NUL');
  const escaped = value.replace(/["\\\n\r\t]/g, (character) => escapes[character] ?? character);
  return `"${escaped.replaceAll('${', '\\${')}"`;
}

/** One line of text for a comment: what would end the line or the text is written as an escape. */
export function commentText(value: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not get into a comment
  return value.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufeff]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** A command as a shell would read it back. */
export function shellQuoted({ file, args }: { file: string; args: readonly string[] }): string {
  return [file, ...args].map(quoted).join(' ');
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** C0 and C1 controls other than tab and newline, and what turns the direction of text around. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not reach a terminal
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** The report as it may go to a terminal: no escape sequence that came from outside gets through. */
export function printable<T>(value: T): T {
  if (typeof value === 'string') return value.replace(controls, '\ufffd') as T;
  if (Array.isArray(value)) return value.map(printable) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, printable(inner)])) as T;
}

/** Text that Markdown, also inside a table, takes as text. */
export const markdownText = (text: string): string =>
  text.replace(/[\\`*_[\]<>|#]/g, '\\$&').replace(/\s*\n\s*/g, ' ');

const entities: Record<string, string> = {
  '<': '&lt;',
  '>': '&gt;',
  '&': '&amp;',
  '"': '&quot;',
  '\n': '&#10;',
};

/** Text as the content of an element or of an attribute in double quotes. */
export const xmlText = (text: string): string =>
  text.replace(/[<>&"\n]/g, (character) => entities[character] ?? '');
