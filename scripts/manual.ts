/** The manual page, from the declarations of the commands. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Command, Option } from 'commander';
import packageJson from '../package.json' with { type: 'json' };
import { snapshot } from '../src/advisory/snapshot.ts';
import { declareProgram } from '../src/cli.ts';
import { sharedOptions } from '../src/commands/declarations.ts';
import { examples, firstExamples } from '../src/commands/examples.ts';
import type { CommandName } from '../src/text/called-as.ts';
import { wrapped } from '../src/text/table.ts';
import { root } from './bundle.ts';

const exits: [code: string, meaning: string][] = [
  ['0', 'Fixed or not affected, shown by evidence; or done.'],
  ['1', 'Affected.'],
  ['2', 'Usage or configuration error; nothing was done.'],
  ['3', 'Undetermined: the evidence is missing, or contradicts itself.'],
  ['4', 'A fix, or its proof, failed.'],
  ['130, 143', 'Interrupted, after cleaning up.'],
];

const environment: [name: string, meaning: string][] = [
  ['SUBPATHFIX_BASE_URL', 'Base URL of channels, as --base-url.'],
  ['SUBPATHFIX_RAW_BASE_URL', 'Base URL of nixpkgs, as --raw-base-url.'],
  ['SUBPATHFIX_CALLED_AS', 'Set to nix-run by the Nix app: commands are printed in that form.'],
  [
    'GITHUB_TOKEN',
    'Sent to GitHub where one of its files is read, for its rate limit; default: gh auth token.',
  ],
  ['HTTPS_PROXY, HTTP_PROXY, NO_PROXY', 'The proxy.'],
  ['KUBECONFIG', 'The kubeconfig, unless --kubeconfig is given.'],
  ['NO_COLOR', 'If not empty, no colors.'],
];

/** Text as roff reads it back: nothing in it is a request, and a hyphen can be pasted. */
const roff = (text: string): string =>
  text
    .replace(/\\/g, '\\e')
    .replace(/-/g, '\\-')
    .replace(
      /[^\n -~]/gu,
      (character) => `\\[u${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}]`,
    )
    .replace(/^(?=[.'])/gm, '\\&');

/** Text that is filled: in short lines, as the source of a page should be. */
const prose = (text: string): string => roff(wrapped(text, 60, '', '').join('\n'));

const bold = (text: string): string => `\\fB${roff(text)}\\fR`;
const item = (term: string, text: string): string => `.TP\n${term}\n${prose(text)}`;
const literal = (lines: string[]): string => `.PP\n.nf\n${lines.map(roff).join('\n')}\n.fi`;

/** The description with what commander's help adds to it. */
function option(command: Command, each: Option): string {
  const [names = '', value = ''] = each.flags.split(/ (?=[<[])/);
  return item(`${bold(names)}${value && ` ${roff(value)}`}`, command.createHelp().optionDescription(each));
}

function section(command: Command): string {
  const help = command.createHelp();
  const own = help.visibleOptions(command).filter((each) => each.helpGroupHeading !== sharedOptions);
  const shown = examples[command.name() as CommandName];
  return [
    `.SS ${command.name()}`,
    bold(help.commandUsage(command)),
    `.PP\n${prose(sentence(command.summary()))}`,
    ...help.visibleArguments(command).map((each) => item(roff(each.name()), help.argumentDescription(each))),
    ...own.filter(({ long }) => long !== '--help').map((each) => option(command, each)),
    '.PP\nExamples:',
    literal(shown.flatMap(({ text, command: line }) => [`# ${text}`, line])),
  ].join('\n');
}

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

/** @returns the page for man(1), in the macros of man(7) */
export function manual(): string {
  const program = declareProgram(packageJson.version, () => true);
  const [first] = program.commands;
  const shared = first ? first.createHelp().visibleOptions(first) : [];
  return `${[
    `.TH SUBPATHFIX 1 ${snapshot.asOf} "subpathfix ${packageJson.version}" "User Commands"`,
    '.nh',
    `.SH NAME\nsubpathfix \\- ${prose('find and fix the util-linux 2.41 defect that breaks Kubernetes subPath mounts')}`,
    `.SH SYNOPSIS\n${bold('subpathfix')} command [options]`,
    `.SH DESCRIPTION\n${prose(
      'With util-linux 2.41 pods whose volumes have a subPath hang in CreateContainerError. subpathfix says whether a ' +
        'system has the defect, with the evidence; writes the fix; and proves that it works. Nothing is changed unasked.',
    )}`,
    literal(firstExamples.flatMap(({ text, command }) => [`# ${text}`, command])),
    '.SH COMMANDS',
    ...program.commands.map(section),
    '.SH OPTIONS\nEvery command has these, except completion and help.',
    ...(first
      ? shared.filter((each) => each.helpGroupHeading === sharedOptions).map((each) => option(first, each))
      : []),
    ...program.options.map((each) => option(program, each)),
    '.SH EXIT STATUS',
    ...exits.map(([code, text]) => item(bold(code), text)),
    '.SH ENVIRONMENT',
    ...environment.map(([name, text]) => item(bold(name), text)),
    `.SH SEE ALSO\n${bold('mount')}(8),\n${bold('nixos-rebuild')}(8),\n${bold('systemd.exec')}(5)`,
  ].join('\n')}\n`;
}

/** Writes man/subpathfix.1. */
export async function publishManual(): Promise<void> {
  await mkdir(path.join(root, 'man'), { recursive: true });
  await writeFile(path.join(root, 'man/subpathfix.1'), manual());
}
