/** The syntax of unit files and environment files (systemd.syntax(7), systemd.exec(5)). */

/** The assignments in the [Service] section of a unit file, in order. */
export function serviceSettings(text: string): [key: string, value: string][] {
  // A comment between continued lines is skipped, and does not end them.
  const lines = text.split(/\r?\n/).filter((line) => !/^\s*[#;]/.test(line));
  const joined = lines.join('\n').replace(/\\(?:\n|$)/g, ' ');
  let section = '';
  const found: [string, string][] = [];
  for (const line of joined.split('\n').map((each) => each.trim())) {
    const equals = line.indexOf('=');
    const header = /^\[(.+)\]$/.exec(line)?.[1];
    if (header !== undefined) section = header;
    else if (section === 'Service' && equals > 0)
      found.push([line.slice(0, equals).trim(), line.slice(equals + 1).trim()]);
  }
  return found;
}

const escapes: Record<string, string> = { n: '\n', t: '\t', s: ' ', '\\': '\\', '"': '"', "'": "'" };

/** Words, with quotes and backslash escapes as systemd reads them; %% is a percent sign. */
export function splitWords(text: string): string[] {
  const words: string[] = [];
  let word: string | null = null;
  let quote = '';
  // A character, or a backslash with the one after it.
  for (const [token] of text.matchAll(/\\?./gs)) {
    if (token === quote) quote = '';
    else if (quote === '' && (token === '"' || token === "'")) {
      quote = token;
      word ??= '';
    } else if (quote === '' && /^\s$/.test(token)) {
      if (word !== null) words.push(word);
      word = null;
    } else word = (word ?? '') + (token.length === 2 ? (escapes[token.slice(1)] ?? token) : token);
  }
  if (word !== null) words.push(word);
  return words.map((found) => found.replaceAll('%%', '%'));
}

/** NAME=VALUE each; anything else is ignored. */
export function parseAssignments(words: string[]): Record<string, string> {
  return Object.fromEntries(
    words.flatMap((word) => {
      const equals = word.indexOf('=');
      return equals > 0 ? [[word.slice(0, equals), word.slice(equals + 1)]] : [];
    }),
  );
}

/** NAME=VALUE lines; the value may be quoted. */
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
