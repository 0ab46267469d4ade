/** Facts for tests, written the way a person would say them. */
import { parseVersion, type Version } from '../../src/advisory/version.ts';
import { type Fact, known, unknown, unreadable } from '../../src/facts/fact.ts';
import { type Facts, noFacts, type Patch } from '../../src/facts/facts.ts';
import { givenFacts } from '../../src/facts/given/given.ts';
import { parsePasted } from '../../src/facts/given/pasted.ts';

export interface Said {
  channel?: string;
  utilLinux?: string;
  libmount?: string;
  /** the version that nixpkgs has, and its patches */
  nixpkgs?: [version: string, ...patches: (string | Partial<Patch>)[]];
  probe?: 'affected' | 'fixed' | 'fixed with the variable' | 'could not tell';
  /** why the node needs no kubelet */
  noKubelet?: string;
  /** LIBMOUNT_FORCE_MOUNT2 in kubelet's environment */
  variable?: string;
}

function version(text: string): Version {
  const parsed = parseVersion(text);
  if (!parsed) throw new Error(`not a version: ${text}`);
  return parsed;
}

function read<T>(text: string | undefined, parse: (text: string) => T | null, option: string): Fact<T> {
  if (text === undefined) return unknown('not-given', 'not given');
  const value = parse(text);
  return value === null
    ? unreadable('not-understood', `${option} "${text}" cannot be read`)
    : known(value, option);
}

const patch = (given: string | Partial<Patch>): Patch => ({
  name: 'some.patch',
  applies: known(true, 'listed without a condition'),
  touchesDefect: unknown('not-tried', 'only its name was read'),
  ...(typeof given === 'string' ? { name: given } : given),
});

export function facts(said: Said): Facts {
  const base: Facts = {
    ...noFacts(),
    channel: read(said.channel, (text) => parsePasted(text)?.channel ?? null, '--channel'),
    utilLinux: read(said.utilLinux, parseVersion, '--util-linux'),
    libmount: read(said.libmount, parseVersion, 'mount --version'),
  };
  if (said.noKubelet !== undefined) base.noKubelet = known(said.noKubelet, 'the unit');
  const { packaged } = givenFacts({ channel: said.channel, utilLinux: said.utilLinux });
  if (packaged?.known) base.packaged = known(packaged.value, '--util-linux');
  if (said.variable !== undefined) base.forceMount2 = known(said.variable, 'environment of kubelet');
  if (said.nixpkgs) {
    const [text, ...patches] = said.nixpkgs;
    base.patches = known({ version: version(text), patches: patches.map(patch) }, 'package.nix');
  }
  if (said.probe === 'could not tell') base.probe = unknown('no-access', 'user namespaces are off');
  else if (said.probe) {
    base.probe = known(
      {
        state: said.probe === 'affected' ? 'affected' : 'fixed',
        mount: '/bin/mount',
        failed: said.probe === 'affected' ? ['file', 'directory'] : [],
        forceMount2: said.probe === 'fixed with the variable' ? 'always' : null,
      },
      'a mount tested with /bin/mount',
    );
  }
  return base;
}
