/** The specifiers of unit files: %i and the like (systemd.unit(5)). */
import { type Host, orNull } from '../../host/host.ts';
import { parseEnvironmentFile } from './environment-file.ts';

type Reader = (name: NameParts, host: Host) => string | null | Promise<string | null>;

interface NameParts {
  /** without .service */
  name: string;
  /** what comes before the @ */
  prefix: string;
  /** what comes after it; empty if there is none */
  instance: string;
  /** the unit's own file */
  file: string;
}

/** - is /, and \xHH is a character (systemd-escape(1)). */
const plain = (text: string): string =>
  text
    .replaceAll('-', '/')
    .replace(/\\x([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

const lastPart = (prefix: string): string => prefix.slice(prefix.lastIndexOf('-') + 1);

const textOf = async (host: Host, file: string): Promise<string | null> =>
  (await orNull(host.readText(file, 65_536)))?.trim() ?? null;

const identifier = async (host: Host, file: string): Promise<string | null> =>
  (await textOf(host, file))?.replaceAll('-', '') ?? null;

const release =
  (field: string): Reader =>
  async (_, host) => {
    const text = (await textOf(host, '/etc/os-release')) ?? (await textOf(host, '/usr/lib/os-release'));
    return text === null ? null : (parseEnvironmentFile(text)[field] ?? '');
  };

const constant =
  (text: string): Reader =>
  () =>
    text;

/** For units of the system: those of a user have other directories. */
const readers: Record<string, Reader> = {
  '%': constant('%'),
  n: ({ name }) => `${name}.service`,
  N: ({ name }) => name,
  p: ({ prefix }) => prefix,
  P: ({ prefix }) => plain(prefix),
  i: ({ instance }) => instance,
  I: ({ instance }) => plain(instance),
  j: ({ prefix }) => lastPart(prefix),
  J: ({ prefix }) => plain(lastPart(prefix)),
  f: ({ prefix, instance }) => `/${plain(instance || prefix)}`,
  y: ({ file }) => file,
  Y: ({ file }) => file.slice(0, file.lastIndexOf('/')),
  H: (_, { hostname }) => hostname,
  l: (_, { hostname }) => hostname?.split('.', 1)[0] ?? null,
  m: (_, host) => identifier(host, '/etc/machine-id'),
  b: (_, host) => identifier(host, '/proc/sys/kernel/random/boot_id'),
  v: (_, host) => textOf(host, '/proc/sys/kernel/osrelease'),
  o: release('ID'),
  w: release('VERSION_ID'),
  W: release('VARIANT_ID'),
  B: release('BUILD_ID'),
  A: release('IMAGE_VERSION'),
  M: release('IMAGE_ID'),
  t: constant('/run'),
  S: constant('/var/lib'),
  C: constant('/var/cache'),
  L: constant('/var/log'),
  E: constant('/etc'),
  T: constant('/tmp'),
  V: constant('/var/tmp'),
  h: constant('/root'),
  u: constant('root'),
  U: constant('0'),
  g: constant('root'),
  G: constant('0'),
};

/** Prefix and instance of a unit's name. */
export function partsOf(name: string): Pick<NameParts, 'prefix' | 'instance'> {
  const at = name.indexOf('@');
  return at < 0
    ? { prefix: name, instance: '' }
    : { prefix: name.slice(0, at), instance: name.slice(at + 1) };
}

/**
 * A function that replaces specifiers; what is unknown stays as it is.
 * @param texts everything that it will be given, to read only what is needed
 */
export async function specifiersFor(
  host: Host,
  { name, file }: Pick<NameParts, 'name' | 'file'>,
  texts: readonly string[],
): Promise<(text: string) => string> {
  const letters = new Set(
    texts.flatMap((text) => [...text.matchAll(/%(.)/gs)].map(([, letter = '']) => letter)),
  );
  const values = new Map<string, string>();
  for (const letter of letters) {
    const value = await readers[letter]?.({ name, file, ...partsOf(name) }, host);
    if (value !== undefined && value !== null) values.set(letter, value);
  }
  return (text) => text.replace(/%(.)/gs, (whole, letter: string) => values.get(letter) ?? whole);
}
