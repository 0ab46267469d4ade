/** The listing for a ticket. */
import { markdownText } from '../../text/escape.ts';
import type { Sweep } from './schema.ts';
import {
  age,
  headline,
  linkState,
  next,
  notesOf,
  otherKind,
  outcomeText,
  podName,
  podState,
  shown,
} from './words.ts';

const row = (cells: string[]): string => `| ${cells.map(markdownText).join(' | ')} |`;

export function markdown(sweep: Sweep): string {
  const { mounts, directories, otherKinds } = sweep;
  const lines = [`## subpathfix: ${markdownText(headline(sweep))}`];
  if (mounts.length > 0) {
    const header = ['pod', 'container', 'volume', 'age', 'link', 'pod is', 'mount'];
    lines.push('', row(header), `|${' --- |'.repeat(header.length)}`);
    for (const mount of mounts) {
      const { container, volume, mountPoint } = mount;
      lines.push(
        row([
          podName(mount),
          shown(container),
          shown(volume),
          age(mount),
          linkState(mount),
          podState(mount),
          shown(mountPoint),
        ]),
      );
    }
  }
  const list = (title: string, items: string[]): void => {
    if (items.length > 0) lines.push('', `### ${title}`, '', ...items.map((item) => `- ${item}`));
  };
  list(
    'Goes too',
    directories.flatMap(({ siblings }) => siblings.map((sibling) => markdownText(shown(sibling)))),
  );
  list(
    'Directories',
    directories.flatMap((directory) => {
      const text = outcomeText(directory);
      return text === null ? [] : [markdownText(`${shown(directory.path)}: ${text}`)];
    }),
  );
  const commands = directories.flatMap(({ commands = [] }) => commands);
  // Indented, and not fenced: no name in a command can end it.
  if (commands.length > 0) lines.push('', '### Commands', '', ...commands.map((command) => `    ${command}`));
  const then = next(sweep);
  list('Note', [...otherKinds.map(otherKind), ...notesOf(sweep)].map(markdownText));
  list('Next', then === null ? [] : [markdownText(then)]);
  return `${lines.join('\n')}\n`;
}
