/** The one place that writes a value into Nix. */

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
