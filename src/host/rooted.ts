/** A system that is mounted or copied somewhere: its files, as if its directory were /. */
import path from 'node:path';
import type { RunResult } from './command.ts';
import { type Host, ReadError } from './host.ts';
import { processes } from './processes.ts';

const mostLinks = 40;

/**
 * A host whose paths all lie in a directory. Links, absolute ones too, are followed inside it and never lead
 * out; programs are not run, because they would see this machine.
 */
export function rooted(host: Host, directory: string): Host {
  const inside = (file: string): Promise<string> => resolveInside(host, directory, file);
  const said = async <T>(file: string, read: (real: string) => Promise<T>): Promise<T> =>
    read(await inside(file));
  return {
    ...host,
    isRoot: host.isRoot,
    env: {},
    cwd: '/',
    readText: (file, limit) => said(file, (real) => host.readText(real, limit)),
    readHead: (file, bytes) => said(file, (real) => host.readHead(real, bytes)),
    async *readChunks(file) {
      yield* host.readChunks(await inside(file));
    },
    readLink: async (file) =>
      host.readLink(path.join(await inside(path.dirname(path.resolve('/', file))), path.basename(file))),
    readDirectory: (file) => said(file, (real) => host.readDirectory(real)),
    changedAt: async (file) =>
      host.changedAt(path.join(await inside(path.dirname(path.resolve('/', file))), path.basename(file))),
    isDirectory: (file) => said(file, (real) => host.isDirectory(real)),
    isProgram: async (file) => {
      try {
        return await host.isProgram(await inside(file));
      } catch {
        return false;
      }
    },
    processes: async () => {
      const real = await inside('/proc');
      return (await host.isDirectory(real).catch(() => false)) ? processes(real) : [];
    },
    run: notRun,
    runLong: notRun,
  };
}

const notRun = async (): Promise<RunResult> => ({ exitCode: null, output: '', stopped: 'not started' });

/** The real path of a path inside the directory, its links followed there. What does not exist is kept as it is. */
async function resolveInside(host: Host, directory: string, file: string): Promise<string> {
  let rest = path.resolve('/', file).split('/').filter(Boolean);
  let done: string[] = [];
  for (let links = 0; rest.length > 0; ) {
    const [name = '', ...others] = rest;
    rest = others;
    if (name === '..') {
      done.pop();
      continue;
    }
    const target = await host.readLink(path.join(directory, ...done, name)).catch(() => null);
    if (target === null) {
      done.push(name);
      continue;
    }
    links += 1;
    if (links > mostLinks) throw new ReadError(`${file}: too many symbolic links`, 'ELOOP');
    if (target.startsWith('/')) done = [];
    rest = [...target.split('/').filter((part) => part !== '' && part !== '.'), ...rest];
  }
  return path.join(directory, ...done);
}
