/** The one place where text from outside becomes part of another language: Nix, a shell, Markdown, XML, a terminal. */

const escapes: Record<string, string> = { '"': '\\"', '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * A string literal of Nix with exactly this value.
 * @throws {RangeError} for a NUL, which no Nix string can hold
 */
export function nixString(value: string): string {
  if (value.includes('\0')) throw new RangeError('a Nix string cannot hold a NUL');
  const text = value.replace(/["\\\n\r\t]/g, (character) => escapes[character] ?? character);
  return `"${text.replaceAll('${', '\\${')}"`;
}

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** One line of text for a comment: what would end the line is escaped. */
export const commentText = (value: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not get into a comment
  value.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufeff]/g, escaped);

/** A command as a shell would read it back. */
export const shellQuoted = ({ file, args }: { file: string; args: readonly string[] }): string =>
  [file, ...args]
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(' ');

/** C0 and C1 controls other than tab and newline, and characters that reverse the direction of text. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not reach a terminal
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** A value that is safe to print on a terminal: no escape sequence from outside gets through. */
export function printable<T>(value: T): T {
  if (typeof value === 'string') return value.replace(controls, '\ufffd') as T;
  if (Array.isArray(value)) return value.map(printable) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, printable(inner)])) as T;
}

/** Text on one line. */
export const oneLine = (text: string): string => text.replace(/\s*\n\s*/g, ' ');

/** Text with Markdown's special characters escaped, in tables too. */
export const markdownText = (text: string): string => oneLine(text.replace(/[\\`*_[\]<>|#]/g, '\\$&'));

const entities: Record<string, string> = {
  '<': '&lt;',
  '>': '&gt;',
  '&': '&amp;',
  '"': '&quot;',
  '\n': '&#10;',
};

/** Characters that XML 1.0 cannot represent, including lone surrogates. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not get into XML
const notXml = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff\ud800-\udfff]/gu;

/** Text as the content of an element or of an attribute in double quotes. */
export const xmlText = (text: string): string =>
  text.replace(notXml, '\ufffd').replace(/[<>&"\n]/g, (character) => entities[character] ?? '');

/** A value as JSON, with the characters that a terminal acts on escaped; it parses to the same value. */
export const jsonText = (value: unknown): string =>
  `${JSON.stringify(value, null, 2)}\n`.replace(
    /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]/g,
    escaped,
  );
