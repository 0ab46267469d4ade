/** An option of commander that can be repeated. */
import { InvalidArgumentError, Option } from 'commander';

/** A repeatable option with a closed list of values; its value is a list. */
export const choices = (flags: string, description: string, values: readonly string[]): Option =>
  new Option(flags, description).choices(values).argParser<string[]>((value, before = []) => {
    if (!values.includes(value)) throw new InvalidArgumentError(`Allowed choices are ${values.join(', ')}.`);
    return [...before, value];
  });
