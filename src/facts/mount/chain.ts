/** From a PATH to the mount that is run, through links and wrappers, to the libmount that it loads. */
import path from 'node:path';
import type { Version } from '../../advisory/version.ts';
import { type Host, orNull } from '../../host/host.ts';
import { type Fact, known, unknown } from '../fact.ts';
import { type ElfNeeds, parseElf } from './elf.ts';
import { storeVersion } from './store-path.ts';
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
  libmount: Fact<string>;
  /** the version in the library's name in the Nix store */
  version: Fact<Version>;
}

/** Enough of a program for its headers, and the whole of a wrapper. */
const headBytes = 4_000_000;
const mostSteps = 40;

/**
 * @param env of the process that runs mount
 * @param cwd of it, for relative entries of PATH
 * @returns unknown when PATH has no mount
 */
export async function followMount(
  host: Host,
  env: Record<string, string>,
  cwd: string,
): Promise<Fact<MountChain>> {
  const searchPath = env['PATH'] ?? '';
  const mount = await host.findProgram('mount', searchPath, cwd);
  if (mount === null) return unknown('not-found', `no mount in PATH (${searchPath || 'not set'})`);
  const { steps, head, env: given } = await followProgram(host, mount, env);
  const program = steps.at(-1) ?? mount;
  const elf = head && parseElf(head);
  const libmount = elf
    ? await findLibrary(host, elf, program, given)
    : unknown('not-understood', `${program} is not an ELF program that can be read`);
  const library = libmount.known ? libmount.value : '';
  const named = storeVersion(library);
  const version = named
    ? known(named, library)
    : unknown('not-found', 'no version in the name of its libmount');
  const chain = { mount, entry: path.dirname(mount), steps, env: given, libmount, version };
  return known(chain, `the first mount in PATH, ${mount}`);
}

/** Follows links and wrappers from a program to the one that finally runs. */
export async function followProgram(
  host: Host,
  program: string,
  env: Record<string, string>,
): Promise<{ steps: string[]; head: Buffer | null; env: Record<string, string>; pathPrefix: string[] }> {
  const steps: string[] = [];
  const pathPrefix: string[] = [];
  const given = { ...env };
  for (let next = program; ; ) {
    const links = await followLinks(host, next);
    steps.push(...links);
    const head = await orNull(host.readHead(links.at(-1) ?? next, headBytes));
    const wrapper = head && steps.length < mostSteps ? parseWrapper(head) : null;
    if (!wrapper) return { steps, head, env: given, pathPrefix };
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
    current = path.resolve(path.dirname(current), target);
    files.push(current);
  }
  return files;
}

const realPath = async (host: Host, file: string): Promise<string> =>
  (await followLinks(host, file)).at(-1) ?? file;

/** Where Debian and Fedora keep their libraries; a Nix program names its own directories. */
const systemDirectories = ['/lib', '/usr/lib', '/lib64', '/usr/lib64'].flatMap((directory) => [
  `${directory}/x86_64-linux-gnu`,
  `${directory}/aarch64-linux-gnu`,
  directory,
]);

/**
 * The loader's own answer if it can be run; else a search where ld.so(8) looks, except in its cache:
 * LD_LIBRARY_PATH, the program's own path, the system's.
 */
async function findLibrary(
  host: Host,
  elf: ElfNeeds,
  program: string,
  env: Record<string, string>,
): Promise<Fact<string>> {
  const name = elf.needed.find((library) => library.startsWith('libmount.so'));
  if (name === undefined) return unknown('not-found', `${program} does not load libmount`);
  const listed = elf.interpreter === null ? null : await askLoader(host, elf.interpreter, program, env);
  if (listed) return known(await realPath(host, listed), `${elf.interpreter} --list ${program}`);
  const directories = [
    ...(env['LD_LIBRARY_PATH']?.split(':').filter(Boolean) ?? []),
    ...elf.runpath.map((directory) => directory.replaceAll(/\$\{?ORIGIN\}?/g, path.dirname(program))),
    ...(program.startsWith('/nix/store/') ? [] : systemDirectories),
  ];
  for (const directory of directories) {
    const file = path.join(directory, name);
    if (await orNull(host.readHead(file, 16)))
      return known(await realPath(host, file), `${program} loads it`);
  }
  return unknown('not-found', `${name}, which ${program} loads, was not found`);
}

/** Which libmount the loader gives a program (ld.so(8), --list); null if it does not say. */
async function askLoader(
  host: Host,
  loader: string,
  program: string,
  env: Record<string, string>,
): Promise<string | null> {
  const command = { file: loader, args: ['--list', program], env, mutates: false };
  const { output } = await host.run(command, { timeoutMs: 5000, maxBytes: 65_536 });
  return /^\s*libmount\.so\S* => (\/\S+)/m.exec(output)?.[1] ?? null;
}
