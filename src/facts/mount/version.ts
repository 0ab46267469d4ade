/** The versions that a mount says it has when it is run, and the libmount that the loader gives it. */
import { parseMountVersion } from '../../advisory/version.ts';
import type { Host } from '../../host/host.ts';
import { type Fact, known, unknown } from '../fact.ts';
import type { Facts } from '../facts.ts';

const limits = { timeoutMs: 5000, maxBytes: 65_536 };

/** @param env of the process that runs this mount: LD_LIBRARY_PATH in it can give it another libmount */
export async function readMountVersion(
  host: Host,
  mount: string,
  env: Record<string, string>,
): Promise<Pick<Facts, 'utilLinux' | 'libmount'>> {
  const result = await host.run(
    { file: mount, args: ['--version'], env: { ...env, LC_ALL: 'C' }, mutates: false },
    limits,
  );
  if (result.stopped !== null || result.exitCode !== 0) {
    const fact = unknown(
      `${mount} --version does not answer (${result.stopped ?? `exit ${result.exitCode}`})`,
    );
    return { utilLinux: fact, libmount: fact };
  }
  const { utilLinux, libmount } = parseMountVersion(result.output);
  const say = <T>(value: T | null): Fact<T> =>
    value === null ? unknown(`${mount} --version names no version`) : known(value, `${mount} --version`);
  return { utilLinux: say(utilLinux), libmount: say(libmount) };
}

/**
 * The loader's own answer to which libmount a program gets (ld.so(8), --list).
 * @param interpreter the loader that the program names
 */
export async function askLoader(
  host: Host,
  interpreter: string,
  program: string,
  env: Record<string, string>,
): Promise<Fact<string>> {
  const result = await host.run(
    { file: interpreter, args: ['--list', program], env, mutates: false },
    limits,
  );
  const file = /^\s*libmount\.so\S* => (\/\S+)/m.exec(result.output)?.[1];
  return file
    ? known(file, `${interpreter} --list ${program}`)
    : unknown(`${interpreter} names no libmount for ${program}`);
}
