/** Files of NAME=VALUE lines: EnvironmentFile= of systemd.exec(5), and os-release(5). */

const lineEnd = (char: string): boolean => char === '\n' || char === '\r';

/**
 * Reads them as systemd does (env-file.c): a value is quoted, in part too; a backslash keeps the next character,
 * and joins lines; a line that begins with # or ; is a comment.
 */
export function parseEnvironmentFile(text: string): Record<string, string> {
  const env: Record<string, string> = {};
  let at = 0;
  while (at < text.length) {
    while (at < text.length && /\s/.test(text.charAt(at))) at += 1;
    if (/[#;]/.test(text.charAt(at))) {
      at = afterComment(text, at);
      continue;
    }
    const start = at;
    while (at < text.length && text.charAt(at) !== '=' && !lineEnd(text.charAt(at))) at += 1;
    const name = text.slice(start, at).trim();
    if (text.charAt(at) !== '=') continue;
    const { value, end } = valueAt(text, at + 1);
    if (/^[A-Za-z_]\w*$/.test(name)) env[name] = value;
    at = end;
  }
  return env;
}

function afterComment(text: string, start: number): number {
  let at = start;
  for (; at < text.length && !lineEnd(text.charAt(at)); at += 1) if (text.charAt(at) === '\\') at += 1;
  return at;
}

/** What a backslash keeps between double quotes. */
const escapable = '"\\`$';

function valueAt(text: string, start: number): { value: string; end: number } {
  let at = start;
  while (at < text.length && /[^\S\n\r]/.test(text.charAt(at))) at += 1;
  let value = '';
  /** the length of the value without white space at its end that is not quoted */
  let kept = 0;
  let quote = '';
  for (; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (quote === '' && lineEnd(char)) break;
    if (char === quote) quote = '';
    else if (quote === '' && (char === '"' || char === "'")) quote = char;
    else if (char === '\\' && quote !== "'") {
      at += 1;
      const next = text.charAt(at);
      if (lineEnd(next)) continue;
      value += quote === '"' && !escapable.includes(next) ? `\\${next}` : next;
    } else {
      value += char;
      if (quote === '' && /\s/.test(char)) continue;
    }
    kept = value.length;
  }
  return { value: value.slice(0, kept), end: at };
}
