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

/**
 * What a terminal or a viewer acts on, or shows as nothing or as something else: C0 and C1 controls other than tab and
 * newline, marks that change the direction of text, line separators, tags, noncharacters, and halves of characters.
 */
const acting =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not reach a terminal
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff\u{e0000}-\u{e007f}\ud800-\udfff]/gu;

/** As JSON, Nix's documentation and most languages write a character: by its UTF-16 units. */
const escaped = (character: string): string =>
  character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');

/** One line of text for a comment: what would end the line, or hide what stands there, is escaped. */
export const commentText = (value: string): string =>
  value.replace(/[\t\n]/g, escaped).replace(acting, escaped);

/** A command on one line, as bash reads it back: what cannot be shown is written as its code. */
export const shellQuoted = ({ file, args }: { file: string; args: readonly string[] }): string =>
  [file, ...args].map(shellWord).join(' ');

const shellEscapes: Record<string, string> = { '\n': '\\n', '\t': '\\t', '\\': '\\\\', "'": "\\'" };

function shellWord(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  if (commentText(word) === word) return `'${word.replaceAll("'", "'\\''")}'`;
  const inner = word
    .replace(/[\n\t\\']/g, (character) => shellEscapes[character] ?? character)
    .replace(acting, (character) => `\\U${(character.codePointAt(0) ?? 0).toString(16).padStart(8, '0')}`);
  return `$'${inner}'`;
}

/** Every string in a value changed, wherever it stands, the names of fields too. */
export function mapped<T>(value: T, change: (text: string) => string): T {
  if (typeof value === 'string') return change(value) as T;
  if (Array.isArray(value)) return value.map((inner) => mapped(inner, change)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [change(key), mapped(inner, change)]),
  ) as T;
}

/** User and password in URLs are replaced, and what stands in their queries: a signed URL is a password too. */
export const withoutSecrets = <T>(value: T): T =>
  mapped(value, (text) =>
    text.includes('://')
      ? text
          .replace(/(:\/\/)[^\s/?#]*@/g, '$1***@')
          .replace(/(:\/\/[^\s?]*)(\?\S*)?/g, (_, url: string, query = '') => url + withoutValues(query))
      : text,
  );

/** A mark after the URL is not part of it. */
const withoutValues = (query: string): string => query.replace(/=[^&\s"'<>),;]*[^&\s"'<>),;:.]/g, '=***');

/** A value that is safe to print on a terminal: no escape sequence from outside gets through, and no secret out. */
export const printable = <T>(value: T): T =>
  mapped(value, (text) => withoutSecrets(text).replace(acting, '\ufffd'));

/** Text that is safe to print, on one line of its own: nothing in it can pass for another line. */
export const printableLine = (text: string): string => printable(text).replace(/\n/g, '\\n');

/** Text on one line. */
export function oneLine(text: string): string {
  if (!text.includes('\n')) return text;
  const lines = text.split('\n');
  const [first = '', last = ''] = [lines[0]?.trimEnd(), lines.at(-1)?.trimStart()];
  const between = lines.slice(1, -1).map((line) => line.trim());
  return [first, ...between.filter((line) => line !== ''), last].join(' ');
}

/** Text with Markdown's special characters escaped, in tables too. */
export const markdownText = (text: string): string => oneLine(text.replace(/[\\`*_[\]<>|#&~]/g, '\\$&'));

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
    /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff]|\udb40[\udc00-\udc7f]/g,
    escaped,
  );
