/** Makes the files of dist/ out of src/: self-contained, in chunks that are loaded on demand. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { build, type OutputChunk, type Plugin } from 'rolldown';
import packageJson from '../package.json' with { type: 'json' };
import { assets } from './assets.ts';

export const root = path.resolve(import.meta.dirname, '..');

/** The oldest Node.js that is supported, from package.json. */
const oldestNode = packageJson.engines.node.replace('>=', '');

/**
 * What `check` with inputs needs, and most other commands too: one file, because requiring a file costs as much as
 * 10 kB of code. What these import is also in it.
 */
const core = ['cli', 'host/local', 'commands/check', 'report/formats/human'].map((name) =>
  path.join(root, 'src', `${name}.ts`),
);

/** What `check` needs besides that on a node: one file too. */
const node = ['facts/node/examine', 'facts/nixpkgs/patch-content', 'host/run'].map((name) =>
  path.join(root, 'src', `${name}.ts`),
);

/** Commander needs it only for subcommands in separate files, of which there are none; saves 4 ms. */
const withoutChildProcess: Plugin = {
  name: 'commander-without-child-process',
  resolveId: (id, importer) =>
    id === 'node:child_process' && importer?.includes('/node_modules/commander/') ? '\0nothing' : null,
  load: (id) => (id === '\0nothing' ? 'module.exports = {};' : null),
};

export interface Bundle {
  /** by name; a name contains a hash of the file and of the files that it requires */
  files: Map<string, string | Uint8Array>;
  /** dist/main.cjs, which starts them */
  launcher: string;
  chunks: OutputChunk[];
}

/** @throws {Error} when something does not parse or cannot be found */
export async function bundle(): Promise<Bundle> {
  for (const file of [...core, ...node])
    if (!existsSync(file)) throw new Error(`${file}: named in ${import.meta.filename}`);
  const { output } = await build({
    input: path.join(root, 'src/main.ts'),
    write: false,
    platform: 'node',
    // Otherwise the entry is a file that only re-exports another.
    preserveEntrySignatures: 'allow-extension',
    transform: { target: `node${oldestNode}` },
    plugins: [withoutChildProcess, assets({ copy: true })],
    // web-tree-sitter uses eval for grammars with JavaScript code, which this one does not have.
    checks: { eval: false },
    output: {
      format: 'cjs',
      minify: true,
      entryFileNames: '[name]-[hash].cjs',
      chunkFileNames: '[name]-[hash].cjs',
      assetFileNames: '[name]-[hash][extname]',
      hashCharacters: 'base36',
      codeSplitting: {
        groups: [
          { name: 'main', test: (id) => id === path.join(root, 'src/main.ts'), priority: 2 },
          { name: 'core', test: (id) => core.includes(id), priority: 1 },
          { name: 'node', test: (id) => node.includes(id), priority: 0 },
        ],
      },
    },
  });
  const chunks = output.filter((file) => file.type === 'chunk');
  const files = new Map(
    output.map((file) => [file.fileName, file.type === 'chunk' ? file.code : file.source] as const),
  );
  files.set('licenses.txt', licenses(librariesOf(chunks)));
  return { files, launcher: launcher(chunks, files), chunks };
}

function launcher(chunks: OutputChunk[], files: Bundle['files']): string {
  const built = {
    node: oldestNode,
    entry: chunks.find(({ isEntry }) => isEntry)?.fileName,
    sizes: Object.fromEntries([...files].map(([name, content]) => [name, Buffer.byteLength(content)])),
  };
  const source = readFileSync(path.join(import.meta.dirname, 'launcher.cjs'), 'utf8');
  return source.replace('__BUILT__', () => JSON.stringify(built));
}

/** A package whose code is in the bundle. */
export interface Library {
  directory: string;
  name: string;
  version: string;
}

/** The libraries that these chunks have code of. */
export function librariesOf(chunks: readonly OutputChunk[]): Library[] {
  const modules = chunks.flatMap(({ moduleIds }) => moduleIds);
  const directories = modules.flatMap((id) => /^\/.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id) ?? []);
  return [...new Set(directories)].sort().map((directory) => {
    const { name, version } = JSON.parse(readFileSync(path.join(directory, 'package.json'), 'utf8'));
    return { directory, name, version };
  });
}

/** The licenses of the libraries in the bundle, which must be distributed with the code. */
function licenses(libraries: Library[]): string {
  return libraries
    .map(({ directory, name, version }) => {
      const file = readdirSync(directory).find((each) => /^licen[cs]e/i.test(each));
      if (!file) throw new Error(`${directory}: has no license to pass on`);
      return `${name} ${version}\n\n${readFileSync(path.join(directory, file), 'utf8').trim()}\n`;
    })
    .join(`\n${'-'.repeat(72)}\n\n`);
}
