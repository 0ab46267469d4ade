/** What can be typed, read from the declarations of the commands: an option that is declared is also completed. */
import type { Argument, Command, Option } from 'commander';

/** What a value can be; units and nodes are asked for when the key is pressed, the others are known. */
export type Value =
  | { kind: 'words'; words: readonly string[] }
  | { kind: 'files' | 'directories' | 'units' | 'nodes' | 'anything' };

export interface TypedOption {
  /** as it is typed: -q, --quiet */
  flags: string[];
  description: string;
  /** null for an option without a value, or with one that can be left out */
  value: Value | null;
}

export interface TypedCommand {
  name: string;
  summary: string;
  options: TypedOption[];
  /** what its arguments are; null if it has none */
  argument: Value | null;
}

/** The program: its own options, and its commands. */
export interface Typed {
  options: TypedOption[];
  commands: TypedCommand[];
}

/** @param channels their names, for options and arguments that take one */
export function typed(program: Command, channels: readonly string[]): Typed {
  const optionsOf = (command: Command): TypedOption[] =>
    command
      .createHelp()
      .visibleOptions(command)
      .map((option) => ({
        flags: [option.short, option.long].flatMap((flag) => flag ?? []),
        description: option.description,
        value: option.required ? valueFor(option, option.attributeName(), placeholder(option)) : null,
      }));
  const valueFor = ({ argChoices }: Option | Argument, name: string, kind: string): Value => {
    if (argChoices) return { kind: 'words', words: argChoices };
    if (name === 'channel') return { kind: 'words', words: channels };
    if (name === 'unit') return { kind: 'units' };
    if (name === 'node') return { kind: 'nodes' };
    if (kind === 'file' || kind === 'path') return { kind: 'files' };
    return { kind: kind === 'dir' ? 'directories' : 'anything' };
  };
  return {
    options: optionsOf(program),
    commands: program.commands.map((command) => {
      const [argument] = command.registeredArguments;
      return {
        name: command.name(),
        summary: command.summary(),
        options: optionsOf(command),
        argument: argument ? valueFor(argument, argument.name(), argument.name()) : null,
      };
    }),
  };
}

/** What stands in the brackets of --out <dir>. */
const placeholder = ({ flags }: Option): string => /<([^>.]+)/.exec(flags)?.[1] ?? '';
