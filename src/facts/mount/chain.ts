/** From a PATH to the mount that is run, through links and wrappers, to the libmount that it loads. */
import path from 'node:path';
import type { Version } from '../../advisory/version.ts';
import { type Host, orNull, ReadError } from '../../host/host.ts';
import { resolveLinks } from '../../host/resolve.ts';
import { type Fact, known, type Unknown, unknown, unreadable } from '../fact.ts';
import { runConfined } from './confined.ts';
import { type ElfNeeds, parseElf } from './elf.ts';
import { librariesIn, mountEnvironment } from './environment.ts';
import { storeVersion } from './store-path.ts';
import { interpretersOf, untrustedAmong } from './trusted.ts';
import { parseWrapper } from './wrapper.ts';

export interface MountChain {
  /** the mount that PATH gives, before links and wrappers are followed */
  mount: string;
  /** the entry of PATH that contains it */
  entry: string;
  /** every file on the way, links and wrappers, to the program itself */
  steps: string[];
  /** the environment that the program gets after the wrappers */
  env: Record<string, string>;
  /** why it is not run as root, a sentence; null if all that runs is known, and only root can change it */
  notAsRoot: string | null;
  libmount: Fact<string>;
  /** the version in the library's name in the Nix store */
  version: Fact<Version>;
}

/** What loaders have answered: several of the mounts of a node are often the same. Good for one examination. */
export type Loaders = Map<string, Promise<string[]>>;

/** Enough of a program for its headers, and the whole of a wrapper. */
const headBytes = 4_000_000;
const mostSteps = 40;

/**
 * @param env of the process that runs mount
 * @param cwd of it, for relative entries of PATH
 * @returns unknown when PATH has no mount; unreadable when somebody else can change the first one, or what it loads:
 * another one is no evidence of what that process runs, or an entry before it does not answer
 */
export async function followMount(
  host: Host,
  env: Record<string, string>,
  cwd: string,
  loaders: Loaders = new Map(),
): Promise<Fact<MountChain>> {
  const searchPath = env['PATH'] ?? '';
  let mount: string | null;
  try {
    mount = await host.findProgram('mount', searchPath, cwd);
  } catch (error) {
    if (error instanceof ReadError) return unreadable('no-answer', error.message);
    throw error;
  }
  if (mount === null) return unknown('not-found', `no mount in PATH (${searchPath || 'not set'})`);
  const chain = await chainOf(host, mount, env, loaders);
  return chain.known ? known(chain.value, `the first mount in PATH, ${mount}`) : chain;
}

/** @returns unreadable when somebody else can change the mount, or what it loads: then nothing of it was run */
export async function chainOf(
  host: Host,
  mount: string,
  env: Record<string, string>,
  loaders: Loaders = new Map(),
): Promise<Fact<MountChain>> {
  const { steps, head, env: given, interpreters } = await followProgram(host, mount, env);
  const program = steps.at(-1) ?? mount;
  const elf = head && parseElf(head);
  const loaded = elf ? directoriesOf(elf, program, given).own : [];
  const untrusted = await untrustedAmong(host, [
    ...[mount, ...steps, ...interpreters, ...(elf?.interpreter ? [elf.interpreter] : [])],
    ...[...librariesIn(given['LD_LIBRARY_PATH']), ...loaded],
  ]);
  if (untrusted !== null) return notRun(untrusted);
  const libmount = elf
    ? await findLibrary(host, elf, program, given, loaders)
    : unknown('not-understood', `${program} is not an ELF program that can be read`);
  if (!libmount.known && libmount.unreadable) return libmount;
  const library = libmount.known ? libmount.value : '';
  const named = storeVersion(library);
  const version = named
    ? known(named, library)
    : unknown('not-found', 'no version in the name of its libmount');
  const notAsRoot = elf ? null : `what ${program} runs is not known`;
  const chain = { mount, entry: path.dirname(mount), steps, env: given, libmount, version, notAsRoot };
  return known(chain, mount);
}

const notRun = (untrusted: string): Unknown =>
  unreadable(
    'not-trusted',
    `${untrusted}; so it was not run: let only root write there, or take it out of PATH`,
  );

interface Followed {
  steps: string[];
  /** what the kernel starts for those that are scripts */
  interpreters: string[];
  /** of the last step; null if it cannot be read */
  head: Buffer | null;
  env: Record<string, string>;
  pathPrefix: string[];
}

/** Follows links and wrappers from a program to the one that finally runs. */
export async function followProgram(
  host: Host,
  program: string,
  env: Record<string, string>,
): Promise<Followed> {
  const steps: string[] = [];
  const interpreters: string[] = [];
  const pathPrefix: string[] = [];
  const given = { ...env };
  for (let next = program; ; ) {
    const links = await followLinks(host, next);
    steps.push(...links);
    const head = await orNull(host.readHead(links.at(-1) ?? next, headBytes));
    if (head) interpreters.push(...(await interpretersOf(host, head, given)));
    const wrapper = head && steps.length < mostSteps ? parseWrapper(head) : null;
    if (!wrapper) return { steps, interpreters, head, env: given, pathPrefix };
    for (const [name, value] of Object.entries(wrapper.env)) {
      if (value === null) delete given[name];
      else given[name] = value;
    }
    if (wrapper.pathPrefix.length > 0) {
      given['PATH'] = [...wrapper.pathPrefix, ...(given['PATH'] ? [given['PATH']] : [])].join(':');
      pathPrefix.unshift(...wrapper.pathPrefix);
    }
    next = wrapper.target;
  }
}

/** The path and what it links to, in order; only a link in the last component is followed. */
async function followLinks(host: Host, file: string): Promise<string[]> {
  const files = [file];
  for (let current = file; files.length < mostSteps; ) {
    const target = await orNull(host.readLink(current));
    if (target === null) break;
    current = await targetPath(host, current, target);
    files.push(current);
  }
  return files;
}

/** Where a link leads. Its own directory can be a link too: then ".." is elsewhere than the text says. */
async function targetPath(host: Host, link: string, target: string): Promise<string> {
  const relative = path.isAbsolute(target) ? target : `${path.dirname(link)}/${target}`;
  if (!target.split('/').includes('..')) return path.normalize(relative);
  const links = {
    target: (file: string) => host.readLink(file),
    isDirectory: (file: string) => host.isDirectory(file),
  };
  const { dir, base } = path.parse(relative);
  const above = await orNull(resolveLinks(links, dir));
  return above === null || base === '..' ? relative : path.join(above, base);
}

const realPath = async (host: Host, file: string): Promise<string> =>
  (await followLinks(host, file)).at(-1) ?? file;

/** Where Debian and Fedora keep their libraries; a Nix program names its own directories. */
const systemDirectories = ['/lib', '/usr/lib', '/lib64', '/usr/lib64'].flatMap((directory) => [
  `${directory}/x86_64-linux-gnu`,
  `${directory}/aarch64-linux-gnu`,
  directory,
]);

/** Where ld.so(8) looks, except in its cache: LD_LIBRARY_PATH, the program's own path, the system's. */
function directoriesOf(
  elf: ElfNeeds,
  program: string,
  env: Record<string, string>,
): { own: string[]; all: string[] } {
  const own = elf.runpath.map((directory) => directory.replaceAll(/\$\{?ORIGIN\}?/g, path.dirname(program)));
  const system = program.startsWith('/nix/store/') ? [] : systemDirectories;
  return { own, all: [...librariesIn(env['LD_LIBRARY_PATH']), ...own, ...system] };
}

/**
 * The loader's own answer if it can be run; else a search where it looks.
 * @returns unreadable when somebody else can change a library that is loaded
 */
async function findLibrary(
  host: Host,
  elf: ElfNeeds,
  program: string,
  env: Record<string, string>,
  loaders: Loaders,
): Promise<Fact<string>> {
  const name = elf.needed.find((library) => library.startsWith('libmount.so'));
  const listed =
    elf.interpreter === null ? [] : await askLoader(host, elf.interpreter, program, env, loaders);
  const untrusted = await untrustedAmong(host, listed);
  if (untrusted !== null) return notRun(untrusted);
  if (name === undefined) return unknown('not-found', `${program} does not load libmount`);
  const libmount = listed.find((file) => path.basename(file).startsWith('libmount.so'));
  if (libmount !== undefined)
    return known(await realPath(host, libmount), `${elf.interpreter} --list ${program}`);
  for (const directory of directoriesOf(elf, program, env).all) {
    const file = path.join(directory, name);
    if (!(await orNull(host.readHead(file, 16)))) continue;
    const refused = await untrustedAmong(host, [file]);
    return refused === null ? known(await realPath(host, file), `${program} loads it`) : notRun(refused);
  }
  return unknown('not-found', `${name}, which ${program} loads, was not found`);
}

/** The libraries that the loader gives a program (ld.so(8), --list); empty if it does not say. */
function askLoader(
  host: Host,
  loader: string,
  program: string,
  env: Record<string, string>,
  loaders: Loaders,
): Promise<string[]> {
  if (!host.live) return Promise.resolve([]);
  const given = mountEnvironment(env);
  // PATH is not the loader's.
  const key = JSON.stringify([loader, program, { ...given, PATH: '' }]);
  const answer = loaders.get(key) ?? listLibraries(host, loader, program, given);
  loaders.set(key, answer);
  return answer;
}

async function listLibraries(
  host: Host,
  loader: string,
  program: string,
  env: Record<string, string>,
): Promise<string[]> {
  const command = { file: loader, args: ['--list', program], env, asRoot: true };
  const { output } = await runConfined(host, command, { timeoutMs: 5000, maxBytes: 65_536 });
  return [...output.matchAll(/^\s*\S+ => (\/.*) \(0x[0-9a-f]+\)$/gm)].map(([, file = '']) => file);
}
