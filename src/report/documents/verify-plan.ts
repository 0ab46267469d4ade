/** The document of `verify --dry-run`. */
import { shellQuoted } from '../../text/escape.ts';
import type { Document } from '../document.ts';
import { type Published, publishHead } from './shapes.ts';
import { type published, results } from './verify.ts';

interface Plan {
  commands: { file: string; args: readonly string[]; input?: string | undefined }[];
  version: string;
  advisory: string;
  node: string | null;
}

/** What --dry-run would run. */
export function planDocument({
  commands,
  version,
  advisory,
  node,
}: Plan): Document<Published<typeof published>> {
  const outcome = { state: 'planned', because: `${commands.length} commands would run` } as const;
  return {
    command: 'verify',
    subject: { node },
    ...results.planned,
    message: outcome.because,
    findings: [],
    blocks: [{ kind: 'verbatim', title: 'Commands', lines: commands.map(shellQuoted) }],
    notes: [],
    next: [],
    published: {
      ...publishHead('verify', version),
      advisory,
      outcome,
      phases: [],
      undone: [],
      advice: [],
      commands: commands.map((command) => {
        const { input } = command;
        return { command: shellQuoted(command), ...(input === undefined ? {} : { input }) };
      }),
    },
  };
}
