/** What is started is what was built, or a sentence says what is wrong. */
import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Bundle, bundle } from '../../scripts/bundle.ts';
import { replaceDist } from '../../scripts/dist.ts';
import { root, scratchDirectory } from '../helpers/tools.ts';

const check = ['check', '--channel', 'nixos-25.05', '--util-linux', '2.41'];
const probe = ['probe', '--mount', '/bin/mount'];

let built: Bundle;
beforeAll(async () => {
  built = await bundle();
});

interface Ended {
  exitCode: number | string;
  stdout: string;
  stderr: string;
}

function node(args: string[], env = {}): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, args, { env: { ...process.env, ...env } }, (error, stdout, stderr) =>
      resolve({ exitCode: error?.code ?? 0, stdout, stderr }),
    );
  });
}

async function copyOfDist(): Promise<string> {
  const directory = await scratchDirectory();
  await replaceDist(directory, built);
  return directory;
}

/** The file of dist/ that begins with this name. */
async function fileIn(directory: string, name: string): Promise<string> {
  const found = (await readdir(directory)).find((each) => each.startsWith(`${name}-`));
  if (!found) throw new Error(`${directory} has no ${name}-*`);
  return path.join(directory, found);
}

describe('a dist/ that is incomplete', () => {
  const zeros = async (file: string): Promise<void> => {
    await writeFile(file, Buffer.alloc((await stat(file)).size));
  };
  const half = async (file: string): Promise<void> => truncate(file, Math.floor((await stat(file)).size / 2));

  it.each([
    ['the file to start is missing', 'main', rm, check, 'missing'],
    ['one that it needs is missing', 'core', rm, check, 'missing'],
    ['one that another command needs is missing', 'verify', rm, check, 'missing'],
    ['a grammar is missing', 'tree-sitter-nix', rm, check, 'missing'],
    ['the file to start is empty', 'main', truncate, check, 'incomplete'],
    ['the file to start is cut off', 'main', half, check, 'incomplete'],
    ['one that it needs is cut off', 'core', half, check, 'incomplete'],
    ['one that is loaded late is cut off', 'probe', half, probe, 'incomplete'],
    ['one that is loaded late is empty', 'probe', truncate, probe, 'incomplete'],
    ['one that is loaded late has lost its blocks', 'probe', zeros, probe, 'Invalid or unexpected token'],
  ] as const)('says so when %s', async (_, name, damage, args, reason) => {
    const dist = await copyOfDist();
    const file = await fileIn(dist, name);
    await damage(file);
    const { exitCode, stdout, stderr } = await node([path.join(dist, 'main.cjs'), ...args]);
    expect(stderr).toBe(
      `subpathfix: ${file}: ${reason}; copy dist/ as a whole, or install subpathfix again\n`,
    );
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  });
});

describe('the version of Node.js', () => {
  it.each([
    ['8.17.0', false],
    ['18.20.8', false],
    ['20.18.3', false],
    ['20.19.0', true],
    ['22.1.0', true],
  ])('%s: supported %s', async (version, isSupported) => {
    const directory = await copyOfDist();
    const preload = path.join(directory, 'preload.cjs');
    await writeFile(preload, `Object.defineProperty(process.versions, 'node', { value: '${version}' });`);
    const { exitCode, stderr } = await node(['-r', preload, path.join(directory, 'main.cjs'), '--version']);
    const refusal = `subpathfix: needs Node.js 20.19 or newer; this is ${version}\n`;
    expect({ exitCode, stderr }).toEqual(
      isSupported ? { exitCode: 0, stderr: '' } : { exitCode: 2, stderr: refusal },
    );
  });

  it('is compared in a syntax that old ones read', () => {
    const code = built.launcher.replaceAll(/^ *(?:\/\/|\/\*\*).*$/gm, '');
    expect(code).not.toMatch(/\b(?:const|let|class|async|await)\b|=>|`|\?\.|\?\?|\.\.\.|catch \{/);
  });
});

describe('what is loaded', () => {
  async function loadedBy(args: string[]): Promise<string[]> {
    const directory = await copyOfDist();
    const preload = path.join(directory, 'preload.cjs');
    await writeFile(
      preload,
      "process.on('exit', () => process.stderr.write(`\\n${JSON.stringify(Object.keys(require.cache))}`));",
    );
    const { stderr } = await node(['-r', preload, path.join(directory, 'main.cjs'), ...args]);
    const files: string[] = JSON.parse(stderr.split('\n').at(-1) ?? '');
    return files.map((file) => path.basename(file).replace(/-\w{8}(?=\.)/, '')).sort();
  }

  it('is next to nothing for --version', async () => {
    expect(await loadedBy(['--version'])).toEqual(['main.cjs', 'main.cjs', 'preload.cjs']);
  });

  it('is one file for check with its inputs', async () => {
    const runtime = 'rolldown-runtime.cjs';
    expect(await loadedBy(check)).toEqual(['core.cjs', 'main.cjs', 'main.cjs', 'preload.cjs', runtime]);
  });

  it.each(['zod', 'undici', 'execa', 'web-tree-sitter', 'handlebars', 'diff'])('is not %s there', (name) => {
    const chunks = built.chunks.filter((chunk) => ['main', 'core'].includes(chunk.name));
    expect(chunks).toHaveLength(2);
    const modules = chunks.flatMap(({ moduleIds }) => moduleIds);
    expect(modules.filter((id) => id.includes(`/node_modules/${name}/`))).toEqual([]);
  });

  it('is never zod', () => {
    const modules = built.chunks.flatMap(({ moduleIds }) => moduleIds);
    expect(modules.filter((id) => id.includes('/node_modules/zod/'))).toEqual([]);
  });
});

describe('a build', () => {
  it('gives the same files again', async () => {
    const dist = path.join(root, 'dist');
    for (const [name, content] of built.files) {
      expect((await readFile(path.join(dist, name))).equals(Buffer.from(content)), name).toBe(true);
    }
  });

  it('keeps the program that it replaces, and removes the one before', async () => {
    const dist = await scratchDirectory();
    const generation = (name: string): Bundle => ({
      ...built,
      files: new Map([[name, '']]),
      launcher: `var built = ${JSON.stringify({ sizes: { [name]: 0 } })};\n`,
    });
    await writeFile(path.join(dist, 'app.cjs.cache'), 'of another kind');
    await writeFile(path.join(dist, 'main.cjs'), 'of another kind');
    for (const name of ['a', 'b', 'c']) await replaceDist(dist, generation(name));
    expect((await readdir(dist)).sort()).toEqual(['b', 'c', 'main.cjs']);
  });

  it('leaves the program that is there when it cannot put all of the new one beside it', async () => {
    const dist = await copyOfDist();
    // A directory, which no file can be renamed to.
    await mkdir(path.join(dist, 'late.cjs'));
    const next: Bundle = {
      ...built,
      files: new Map([...built.files, ['late.cjs', '']]),
      launcher: 'throw new Error()',
    };
    await expect(replaceDist(dist, next)).rejects.toThrow('late.cjs');
    const { exitCode } = await node([path.join(dist, 'main.cjs'), '--version']);
    expect(exitCode).toBe(0);
  });
});
