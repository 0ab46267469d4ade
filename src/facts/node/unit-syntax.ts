/** The syntax of unit files and environment files (systemd.syntax(7), systemd.exec(5)). */

export interface UnitLine {
  section: string;
  key: string;
  value: string;
}

/** Every assignment in a unit file, its continuation lines joined. */
export function* unitLines(text: string): Generator<UnitLine> {
  let section = '';
  let pending = '';
  for (const raw of text.split('\n')) {
    const line = raw.replace(/\r$/, '');
    // A comment between continued lines is left out, and does not end them.
    if (/^\s*[#;]/.test(line)) continue;
    if (line.endsWith('\\')) {
      pending += `${line.slice(0, -1)} `;
      continue;
    }
    const whole = (pending + line).trim();
    pending = '';
    const header = /^\[(.+)\]$/.exec(whole);
    if (header) section = header[1] ?? '';
    const equals = whole.indexOf('=');
    if (header || equals <= 0) continue;
    yield { section, key: whole.slice(0, equals).trim(), value: whole.slice(equals + 1).trim() };
  }
}

const escapes: Record<string, string> = { n: '\n', t: '\t', s: ' ', '\\': '\\', '"': '"', "'": "'" };

/** Words, with quotes and backslash escapes as systemd reads them; %% is a percent sign. */
export function splitWords(text: string): string[] {
  const words: string[] = [];
  let word: string | null = null;
  let quote = '';
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index] ?? '';
    if (character === '\\' && index + 1 < text.length) {
      index += 1;
      const next = text[index] ?? '';
      word = (word ?? '') + (escapes[next] ?? `\\${next}`);
    } else if (quote) {
      if (character === quote) quote = '';
      else word = (word ?? '') + character;
    } else if (character === '"' || character === "'") {
      quote = character;
      word ??= '';
    } else if (/\s/.test(character)) {
      if (word !== null) words.push(word);
      word = null;
    } else word = (word ?? '') + character;
  }
  if (word !== null) words.push(word);
  return words.map((one) => one.replaceAll('%%', '%'));
}

/** NAME=VALUE lines, the value perhaps in quotes. */
export function parseEnvironmentFile(text: string): Record<string, string> {
  const env: Record<string, string> = {};
  for (const line of text.split('\n')) {
    const match = /^\s*(?:export\s+)?([A-Za-z_]\w*)=(.*?)\s*$/.exec(line);
    if (!match?.[1]) continue;
    const value = match[2] ?? '';
    env[match[1]] = /^(".*"|'.*')$/s.test(value) ? value.slice(1, -1) : value;
  }
  return env;
}
