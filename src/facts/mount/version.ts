/** The versions that a mount reports when it is run. */
import { parseMountVersion } from '../../advisory/version.ts';
import { endedText } from '../../host/command.ts';
import type { Host } from '../../host/host.ts';
import { type Fact, known, unknown } from '../fact.ts';
import type { Facts } from '../facts.ts';
import type { MountChain } from './chain.ts';
import { runConfined } from './confined.ts';
import { mountEnvironment } from './environment.ts';

const limits = { timeoutMs: 5000, maxBytes: 65_536 };

/** With the environment of the process that runs this mount: LD_LIBRARY_PATH in it can give it another libmount. */
export async function readMountVersion(
  host: Host,
  { mount, env, notAsRoot }: Pick<MountChain, 'mount' | 'env' | 'notAsRoot'>,
): Promise<Pick<Facts, 'utilLinux' | 'libmount'>> {
  const program = {
    file: mount,
    args: ['--version'],
    env: mountEnvironment(env),
    asRoot: notAsRoot === null,
  };
  const result = await runConfined(host, program, limits);
  if (result.exitCode !== 0) {
    const fact = unknown('no-answer', `${mount} --version: ${endedText(result, limits)}`);
    return { utilLinux: fact, libmount: fact };
  }
  const { utilLinux, libmount } = parseMountVersion(result.output);
  const say = <T>(value: T | null): Fact<T> =>
    value === null
      ? unknown('not-understood', `${mount} --version prints no version`)
      : known(value, `${mount} --version`);
  return { utilLinux: say(utilLinux), libmount: say(libmount) };
}
