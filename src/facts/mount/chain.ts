/** From a PATH to the mount that is run, through links and wrappers, to the libmount that it loads. */
import path from 'node:path';
import type { Version } from '../../advisory/version.ts';
import type { Host } from '../../host/host.ts';
import { type Fact, known, unknown } from '../fact.ts';
import { type ElfNeeds, parseElf } from './elf.ts';
import { findProgram } from './path.ts';
import { storeVersion } from './store-path.ts';
import { askLoader } from './version.ts';
import { parseWrapper } from './wrapper.ts';

export interface MountChain {
  /** the mount that PATH gives, before links and wrappers are followed */
  mount: string;
  /** the entry of PATH that it lies in */
  entry: string;
  /** every file on the way, links and wrappers, to the program itself */
  steps: string[];
  /** the environment that the program gets after the wrappers */
  env: Record<string, string>;
  libmount: Fact<string>;
  /** the version that the files' names tell, in the store of Nix */
  version: Fact<Version>;
}

/** Enough of a program for its headers, and the whole of a wrapper. */
const headBytes = 4_000_000;
const mostSteps = 40;

/**
 * @param env of the process that runs mount
 * @param cwd of it, for relative entries of PATH
 * @returns why there is none, when PATH has no mount
 */
export async function followMount(
  host: Host,
  env: Record<string, string>,
  cwd: string,
): Promise<Fact<MountChain>> {
  const searchPath = env['PATH'] ?? '';
  const mount = await findProgram(host, 'mount', searchPath, cwd);
  if (mount === null) return unknown(`there is no mount in PATH (${searchPath || 'which is not set'})`);
  const entry = path.dirname(mount);
  const { steps, head, env: its } = await followProgram(host, mount, env);
  const program = steps.at(-1) ?? mount;
  const elf = head && parseElf(head);
  const libmount = elf
    ? await findLibrary(host, elf, program, its)
    : unknown(`${program} is not a program that can be read`);
  const named = libmount.known ? storeVersion(libmount.value) : null;
  return known(
    {
      mount,
      entry,
      steps,
      env: its,
      libmount,
      version: named && libmount.known ? known(named, libmount.value) : unknown('its name tells no version'),
    },
    `the first mount in PATH, ${mount}`,
  );
}

/** Follows links and wrappers from a program to the one that is run in the end. */
export async function followProgram(
  host: Host,
  program: string,
  env: Record<string, string>,
): Promise<{ steps: string[]; head: Buffer | null; env: Record<string, string>; pathPrefix: string[] }> {
  const steps = [program];
  const pathPrefix: string[] = [];
  let its = { ...env };
  let head: Buffer | null = null;
  for (let current = program; steps.length < mostSteps; ) {
    const target = await host.readLink(current).catch(() => null);
    if (target !== null) {
      current = path.resolve(path.dirname(current), target);
      steps.push(current);
      continue;
    }
    head = await host.readHead(current, headBytes).catch(() => null);
    const wrapper = head && parseWrapper(head);
    if (!wrapper) break;
    its = { ...its };
    for (const [name, value] of Object.entries(wrapper.env)) {
      if (value === null) delete its[name];
      else its[name] = value;
    }
    if (wrapper.pathPrefix.length > 0) {
      its['PATH'] = [...wrapper.pathPrefix, ...(its['PATH'] ? [its['PATH']] : [])].join(':');
      pathPrefix.unshift(...wrapper.pathPrefix);
    }
    current = wrapper.target;
    steps.push(current);
  }
  return { steps, head, env: its, pathPrefix };
}

/** Where Debian and Fedora have their libraries; a program of Nix names its own. */
const systemDirectories = ['/lib', '/usr/lib', '/lib64', '/usr/lib64'].flatMap((directory) => [
  `${directory}/x86_64-linux-gnu`,
  `${directory}/aarch64-linux-gnu`,
  directory,
]);

/**
 * The loader's own answer where it can be run; else by looking where ld.so(8) looks, but for its cache:
 * LD_LIBRARY_PATH, the program's own path, the system's.
 */
async function findLibrary(
  host: Host,
  elf: ElfNeeds,
  program: string,
  env: Record<string, string>,
): Promise<Fact<string>> {
  const name = elf.needed.find((library) => library.startsWith('libmount.so'));
  if (name === undefined) return unknown(`${program} does not load libmount`);
  const answer = elf.interpreter === null ? null : await askLoader(host, elf.interpreter, program, env);
  if (answer?.known) return known(await realPath(host, answer.value), answer.evidence);
  const origin = path.dirname(program);
  const directories = [
    ...(env['LD_LIBRARY_PATH']?.split(':').filter(Boolean) ?? []),
    ...elf.runpath.map((directory) => directory.replaceAll(/\$\{?ORIGIN\}?/g, origin)),
    ...(program.startsWith('/nix/store/') ? [] : systemDirectories),
  ];
  for (const directory of directories) {
    const file = path.join(directory, name);
    if (await host.readHead(file, 16).catch(() => null))
      return known(await realPath(host, file), `${program} loads it`);
  }
  return unknown(`${name}, which ${program} loads, was not found`);
}

/** Follows the links of the last component, which is where libraries have them. */
async function realPath(host: Host, file: string): Promise<string> {
  let current = file;
  for (let links = 0; links < mostSteps; links += 1) {
    const target = await host.readLink(current).catch(() => null);
    if (target === null) return current;
    current = path.resolve(path.dirname(current), target);
  }
  return current;
}
