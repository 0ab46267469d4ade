/**
 * Commands to type, in the form in which the program was called: `npm start -- check` in a clone, `npx subpathfix
 * check`. Messages say `subpathfix check`, which is also what --json, JUnit and generated files have; the process edge
 * turns it into the other form for a person, here and nowhere else.
 */

/** Every command. */
export const commandNames = [
  'check',
  'status',
  'generate',
  'probe',
  'diagnose',
  'audit',
  'sweep',
  'verify',
  'completion',
  'help',
] as const;

export type CommandName = (typeof commandNames)[number];

/** How the program can be called; nothing from outside is ever part of it. */
const forms = {
  installed: 'subpathfix',
  'npm-start': 'npm start --',
  npx: 'npx subpathfix',
  'nix-run': 'nix run . --',
} as const;

export type Form = keyof typeof forms;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * What the environment says. npm sets npm_lifecycle_event and npm_lifecycle_script for what it runs
 * (https://docs.npmjs.com/cli/v11/using-npm/scripts#environment), and npx the event `npx`; a wrapper sets
 * SUBPATHFIX_CALLED_AS to the name of a form. Any other value means nothing.
 */
export function calledAs(env: Environment): Form {
  if (env['SUBPATHFIX_CALLED_AS'] === 'nix-run') return 'nix-run';
  const { npm_lifecycle_event: event, npm_lifecycle_script: script = '', npm_package_name: name } = env;
  if (event === 'start' && name === 'subpathfix') return 'npm-start';
  // A program that npx started, such as a test runner, can start this one too.
  return event === 'npx' && /^["']?subpathfix["']?(?: |$)/.test(script) ? 'npx' : 'installed';
}

const command = new RegExp(`(?<![\\w@./-])subpathfix(?= (?:${commandNames.join('|')})\\b| [[<])`, 'g');

/** Text with each command of this program in this form. */
export const inForm = (text: string, form: Form): string =>
  form === 'installed' ? text : text.replace(command, forms[form]);
