/** Why a path is not trusted. */

export interface Distrust {
  code: 'missing' | 'owner' | 'writable' | 'too-many-links' | 'not-readable' | 'no-answer' | 'replaced';
  /** the first component that fails, with its links resolved */
  component: string;
  /** what is wrong with it, to follow its name */
  text: string;
}

/** As a sentence, for a person. */
export const distrustText = (file: string, { component, text }: Distrust): string =>
  component === file ? `${file} ${text}` : `${file} is not trusted: ${component} ${text}`;
