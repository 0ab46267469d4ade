import { printableLine } from './escape.ts';

/** A sentence for a person, and a code for decisions: sentences get reworded, codes do not. */
export interface Message<Code extends string = string> {
  code: Code;
  text: string;
}

/** Something to do next; the command can be pasted as it stands. */
export type Advice<Code extends string = string> = Message<Code> & { command?: string | undefined };

/** Advice as one line. */
export const adviceText = ({ text, command }: Omit<Advice, 'code'>): string =>
  command === undefined ? text : `${text}: ${command}`;

/** Commander quotes arguments as they are, in one line, and may suggest another word in a second. */
export function usageErrorText(text: string): string {
  const [suggestion = ''] = /\n\(Did you mean [^\n]*\)(?=\n$)/.exec(text) ?? [];
  const line = text.slice(0, text.length - suggestion.length - 1);
  return `${printableLine(line)}${suggestion}\n`;
}
