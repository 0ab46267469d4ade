/** The syntax of unit files (systemd.syntax(7)) and of what they assign (systemd.exec(5), systemd.service(5)). */

/** The assignments in the [Service] section of a unit file, in order. */
export const serviceSettings = (text: string): [key: string, value: string][] => settingsIn(text, 'Service');

/** The assignments in a section of a file of systemd's, in order. */
export function settingsIn(text: string, wanted: string): [key: string, value: string][] {
  // A comment between continued lines is skipped, and does not end them.
  const lines = text.split(/\r?\n/).filter((line) => !/^\s*[#;]/.test(line));
  const joined = lines.join('\n').replace(/\\(?:\n|$)/g, ' ');
  let section = '';
  const found: [string, string][] = [];
  for (const line of joined.split('\n').map((each) => each.trim())) {
    const equals = line.indexOf('=');
    const header = /^\[(.+)\]$/.exec(line)?.[1];
    if (header !== undefined) section = header;
    else if (section === wanted && equals > 0)
      found.push([line.slice(0, equals).trim(), line.slice(equals + 1).trim()]);
  }
  return found;
}

const escapes: Record<string, string> = {
  ...{ a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', s: ' ' },
  ...{ '\\': '\\', '"': '"', "'": "'", $: '$', '`': '`' },
};

/** A backslash and what belongs to it: a character by its number, or any one character. */
const escapeForms = [
  /\\x(?<hex>[0-9a-fA-F]{2})/,
  /\\u(?<hex>[0-9a-fA-F]{4})/,
  /\\U(?<hex>[0-9a-fA-F]{8})/,
  /\\(?<octal>[0-3][0-7]{2})/,
  /\\(?<letter>.)/,
];
const token = new RegExp(
  `${escapeForms.map(({ source }) => source.replaceAll(/\?<\w+>/g, '?:')).join('|')}|.`,
  'gs',
);

/** What an escape stands for (cescape in systemd's escape.c); one that is unknown stays as it is. */
function unescaped(text: string): string {
  for (const form of escapeForms) {
    const groups = new RegExp(`^${form.source}$`, 's').exec(text)?.groups;
    if (!groups) continue;
    const { hex, octal, letter } = groups;
    if (letter !== undefined) return escapes[letter] ?? text;
    const code = hex === undefined ? Number.parseInt(octal ?? '', 8) : Number.parseInt(hex, 16);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : text;
  }
  return text;
}

/** Words, with quotes and backslash escapes as systemd reads them in units, and writes them in systemctl show. */
export function splitWords(text: string): string[] {
  const words: string[] = [];
  let word: string | null = null;
  let quote = '';
  for (const [each] of text.matchAll(token)) {
    if (each === quote) quote = '';
    else if (quote === '' && (each === '"' || each === "'")) {
      quote = each;
      word ??= '';
    } else if (quote === '' && /^\s$/.test(each)) {
      if (word !== null) words.push(word);
      word = null;
    } else word = (word ?? '') + (each.length > 1 ? unescaped(each) : each);
  }
  if (word !== null) words.push(word);
  return words;
}

/** NAME=VALUE each; anything else is ignored. */
export function parseAssignments(words: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    words.flatMap((word) => {
      const equals = word.indexOf('=');
      return equals > 0 ? [[word.slice(0, equals), word.slice(equals + 1)]] : [];
    }),
  );
}

/** Removes what UnsetEnvironment= names: a variable, or one with just this value. */
export function unsetVariables(
  env: Record<string, string>,
  unset: readonly string[],
): Record<string, string> {
  const entries = Object.entries(env);
  return Object.fromEntries(
    entries.filter(([name, value]) => !unset.includes(name) && !unset.includes(`${name}=${value}`)),
  );
}

/** Replaces $NAME, as a word of its own, by words, and ${NAME} by text; $$ is a dollar (systemd.service(5)). */
export function substituteVariables(
  words: readonly string[],
  env: Readonly<Record<string, string>>,
): string[] {
  return words.flatMap((word) => {
    const whole = /^\$(\w+)$/.exec(word)?.[1];
    if (whole !== undefined) return splitWords(env[whole] ?? '');
    return [
      word.replace(/\$(?:\$|\{(\w+)\})/g, (_, name?: string) =>
        name === undefined ? '$' : (env[name] ?? ''),
      ),
    ];
  });
}
