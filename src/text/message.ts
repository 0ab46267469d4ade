/** A sentence for a person with the code that decisions go by: sentences are reworded, codes are not. */
export interface Message<Code extends string = string> {
  code: Code;
  text: string;
}

/** Something to do next; the command can be pasted as it stands. */
export type Advice<Code extends string = string> = Message<Code> & { command?: string | undefined };

/** An advice as one line. */
export const adviceText = ({ text, command }: Omit<Advice, 'code'>): string =>
  command === undefined ? text : `${text}: ${command}`;
