/** Which machine ssh is to reach: [USER@]HOST, as ssh takes it. */
import { UserError } from '../../errors.ts';
import { printableLine } from '../../text/escape.ts';

/** More than any name of a machine or of an alias in ssh_config. */
const longest = 300;

/**
 * @param text of the command line or of a file; an alias of ssh_config, a name, an address
 * @param where it was read, for the message
 * @returns it as it is
 * @throws {UserError} for one that ssh would take for an option, and for one that no host can have as its name
 */
export function hostTarget(text: string, where: string): string {
  const shown = JSON.stringify(text.slice(0, 60));
  if (/^-|@-/.test(text))
    throw new UserError(`${where} ${shown}: begins with '-', which ssh takes for an option`);
  if (
    text === '' ||
    text.length > longest ||
    !/^[^\s\p{C}'"`$\\;&|<>(){}*?!#/]+$/u.test(text) ||
    /@$/.test(text)
  )
    throw new UserError(`${where} ${printableLine(shown)}: is not of the form [USER@]HOST`);
  return text;
}
