import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { SaxesParser } from 'saxes';
import { describe, expect, it } from 'vitest';
import { pictureFile, sessionPicture } from '../../scripts/session.ts';
import { terminalSvg } from '../../scripts/terminal-svg.ts';
import { root } from '../helpers/tools.ts';

/** The text of an XML document. @throws {Error} if it is none */
function textOf(xml: string): string {
  let text = '';
  const parser = new SaxesParser();
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('text', (each) => {
    text += each;
  });
  parser.write(xml).close();
  return text;
}

it('shows what the program says today; otherwise run npm run pictures', async () => {
  expect(readFileSync(pictureFile, 'utf8')).toBe(await sessionPicture());
});

const images = path.join(root, 'docs/images');
describe.each(readdirSync(images).filter((name) => name.endsWith('.svg')))('%s', (name) => {
  const svg = readFileSync(path.join(images, name), 'utf8');

  it('is XML, has a title, and loads nothing', () => {
    expect(textOf(svg)).not.toBe('');
    expect(svg).toMatch(/<title id="title">[^<]+<\/title>/);
    expect(svg.replace('xmlns="http://www.w3.org/2000/svg"', '')).not.toMatch(
      /https?:|url\(|href=|<script|<image/,
    );
  });

  it('has colors for a dark page too', () => expect(svg).toContain('prefers-color-scheme: dark'));
});

describe('a terminal as a picture', () => {
  it.each<[output: string, drawn: string]>([
    ['a <b> & "c"', '>a &lt;b&gt; &amp; &quot;c&quot;</text>'],
    ['\u001b[1m\u001b[31mbad\u001b[39m\u001b[22m: x', '><tspan class="bold red">bad</tspan>: x</text>'],
    ['\u001b[2mtitle\u001b[0m', '><tspan class="dim">title</tspan></text>'],
    ['$ ls', '><tspan class="prompt">$</tspan><tspan class="bold"> ls</tspan></text>'],
  ])('%j', (output, drawn) => {
    const svg = terminalSvg(output, 80, 'a test');
    expect(svg).toContain(drawn);
    expect(textOf(svg)).not.toBe('');
  });

  it.each(['\u001b]0;title\u0007', '\u001b[5mx', 'a\bb'])('refuses %j, which it cannot draw', (output) =>
    expect(() => terminalSvg(output, 80, 'a test')).toThrow(),
  );
});
