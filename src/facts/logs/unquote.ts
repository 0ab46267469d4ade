/** Undoes what log formats, terminals and people put around a message. Pure. */

/** Escape sequences of a terminal: colours, and the cursor movements of pagers (ECMA-48, and OSC of xterm). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is removed
const terminal = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\-_])/g;

/** The journal's JSON has a message with control characters or bytes that are not UTF-8 as a list of its bytes. */
const byteList = /\[(?:\s*\d{1,3}\s*,)+\s*\d{1,3}\s*\]/g;

const escapes: Record<string, string> = { t: '\t', n: '\n', r: '', '"': '"', "'": "'", '/': '/' };

/**
 * A line as it was before it was logged: without colours, quotation marks of Markdown and mail, and without the
 * backslashes of any number of quotings, one in another.
 */
export function unquoted(line: string): string {
  const read = line.includes('[') ? line.replace(byteList, bytesText) : line;
  const plain = read.includes('\u001b') ? read.replace(terminal, '') : read;
  const whole = plain.includes('\r') ? plain.replaceAll('\r', '') : plain;
  const bare = whole.includes('>') ? whole.replace(/^(?:[ \t]{0,3}> ?)+/, '') : whole;
  return bare.includes('\\') ? unescaped(bare) : bare;
}

const unescaped = (text: string): string =>
  text
    .replace(/\\+([tnr"'/])/g, (_, character: string) => escapes[character] ?? '')
    .replace(/\\+u003([ce])/gi, (_, digit: string) => (digit.toLowerCase() === 'c' ? '<' : '>'))
    .replace(/\\+u002[27]/gi, (quote) => (quote.endsWith('2') ? '"' : "'"));

function bytesText(list: string): string {
  const bytes = list.slice(1, -1).split(',').map(Number);
  return bytes.length > 20 && bytes.every((byte) => byte < 256) ? Buffer.from(bytes).toString('utf8') : list;
}
