/** XML as a parser that checks it reads it. */
import { SaxesParser } from 'saxes';

export interface Element {
  name: string;
  attributes: Record<string, string>;
  children: Element[];
  text: string;
}

/** @returns the root. @throws {Error} for anything that is not a well-formed document with one root */
export function parseXml(document: string): Element {
  const outermost: Element = { name: '', attributes: {}, children: [], text: '' };
  const open = [outermost];
  const parser = new SaxesParser();
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ name, attributes }) => {
    const element = { name, attributes, children: [], text: '' };
    open.at(-1)?.children.push(element);
    open.push(element);
  });
  parser.on('closetag', () => open.pop());
  parser.on('text', (text) => {
    const element = open.at(-1);
    if (element) element.text += text;
  });
  parser.write(document).close();
  const [root, ...more] = outermost.children;
  if (!root || more.length > 0) throw new Error('not one root');
  return root;
}
