/** What a mount gets of the environment of the process that runs it: all that decides what it does, and no more. */

const passed = /^(?:PATH|LD_LIBRARY_PATH|LIBMOUNT_\w+)$/;

/** @param env of the process that runs it */
export const mountEnvironment = (env: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(env).filter(([name]) => passed.test(name)));

/** The directories in a variable like LD_LIBRARY_PATH; an empty entry is the current directory (ld.so(8)). */
export const librariesIn = (value: string | undefined): string[] =>
  value === undefined || value === '' ? [] : value.split(/[:;]/).map((entry) => entry || '/');
