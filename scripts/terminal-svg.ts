/** Draws what a terminal shows as an SVG: text in cells of one width, with the colors that were asked for. Pure. */

/** A piece of a line in one style; a class is one of the style sheet below. */
interface Piece {
  text: string;
  classes: readonly string[];
}

/** In pixels: what a character of a monospaced font takes, the height of a line, and the space around all. */
const cell = { width: 7.8, height: 18, size: 13, around: 16 };

/** What the program uses of SGR (ECMA-48, 8.3.117): which class a code sets, or takes away. */
const sets: Readonly<Record<string, string>> = {
  '1': 'bold',
  '2': 'dim',
  '31': 'red',
  '32': 'green',
  '33': 'yellow',
  '36': 'cyan',
};
const resets: Readonly<Record<string, readonly string[]>> = {
  '0': Object.values(sets),
  '22': ['bold', 'dim'],
  '39': ['red', 'green', 'yellow', 'cyan'],
};

/** Light first, then dark: contrast of each color to its background is 4.5 or more. */
const style = `
  .paper { fill: #f6f8fa; stroke: #d0d7de }
  text { fill: #1f2328; font: ${cell.size}px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; white-space: pre }
  .bold { font-weight: bold } .dim { fill: #59636e } .prompt { fill: #1a7f37; font-weight: bold }
  .red { fill: #c5221f } .green { fill: #116329 } .yellow { fill: #7d4e00 } .cyan { fill: #0a5c8a }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #151b23; stroke: #3d444d }
    text { fill: #f0f6fc }
    .dim { fill: #9198a1 } .prompt { fill: #3fb950 }
    .red { fill: #ff7b72 } .green { fill: #56d364 } .yellow { fill: #e3b341 } .cyan { fill: #79c0ff }
  }
`;

/** Text as it can stand in XML; a character that cannot is a mistake of the caller. */
function escaped(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  if (/[\u0000-\u0008\u000b-\u001f\u007f]/.test(text)) {
    throw new Error(`a control character cannot be drawn: ${JSON.stringify(text)}`);
  }
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** A line as pieces, from the style that the line before it ended with. */
function piecesOf(line: string, active: Set<string>): Piece[] {
  const pieces: Piece[] = [];
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ESC starts each sequence
  for (const part of line.split(/(\u001b\[[\d;]*m)/)) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: ESC starts each sequence
    const codes = /^\u001b\[([\d;]*)m$/.exec(part)?.[1];
    if (codes === undefined) {
      if (part !== '') pieces.push({ text: part, classes: [...active].sort() });
      continue;
    }
    for (const code of codes === '' ? ['0'] : codes.split(';')) {
      const added = sets[code];
      const removed = resets[code];
      if (added === undefined && removed === undefined) throw new Error(`SGR ${code} is not drawn yet`);
      for (const each of removed ?? []) active.delete(each);
      if (added !== undefined) active.add(added);
    }
  }
  return pieces;
}

/**
 * @param output what was printed, with SGR sequences; lines that start with `$ ` are what was typed
 * @param columns the width of the terminal, in characters
 * @param title what it shows, for who cannot see it
 * @throws {Error} for a control sequence that it cannot draw
 */
export function terminalSvg(output: string, columns: number, title: string): string {
  const lines = output.replace(/\n$/, '').split('\n');
  const width = Math.ceil(columns * cell.width + 2 * cell.around);
  const height = lines.length * cell.height + 2 * cell.around;
  const active = new Set<string>();
  const texts = lines.flatMap((line, index) => {
    const pieces = line.startsWith('$ ')
      ? [
          { text: '$', classes: ['prompt'] },
          { text: line.slice(1), classes: ['bold'] },
        ]
      : piecesOf(line, active);
    if (pieces.length === 0) return [];
    const spans = pieces.map(({ text, classes }) =>
      classes.length === 0 ? escaped(text) : `<tspan class="${classes.join(' ')}">${escaped(text)}</tspan>`,
    );
    const y = cell.around + index * cell.height + cell.size;
    return [`<text x="${cell.around}" y="${y}" xml:space="preserve">${spans.join('')}</text>`];
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title">`,
    `<title id="title">${escaped(title)}</title>`,
    `<style>${style}</style>`,
    `<rect class="paper" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8"/>`,
    ...texts,
    '</svg>',
    '',
  ].join('\n');
}
