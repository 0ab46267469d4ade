/**
 * How the two kinds of files that are not code become modules, the same in the bundle and in the tests:
 * a template (.hbs) is precompiled, so that a broken one fails the build and none is compiled at run time;
 * a grammar (.wasm) is its bytes, read from a copy in dist/ when it is needed.
 */
import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { Plugin } from 'esbuild';
import Handlebars from 'handlebars';

/** What a template may call. Anything else is a misspelling, and the build says so. */
const knownHelpers = { nix: true, comment: true };

/**
 * Precompiles one template: strict (a missing value is an error) and without HTML escaping.
 * @throws {Error} when the template does not parse or uses an unknown helper
 */
function templateModule(source: string): string {
  const spec = Handlebars.precompile(source, {
    strict: true,
    noEscape: true,
    knownHelpers,
    knownHelpersOnly: true,
  });
  return `export default ${spec as string};`;
}

/** @param dist the directory of the bundle, which gets the grammars */
export function esbuildAssets(dist: string): Plugin {
  return {
    name: 'assets',
    setup(build) {
      // Its ES module shadows require with one of its own, which a bundle in CommonJS does not survive.
      const commonjs = createRequire(import.meta.url).resolve('web-tree-sitter');
      build.onResolve({ filter: /^web-tree-sitter$/ }, () => ({ path: commonjs }));
      build.onLoad({ filter: /\.hbs$/ }, async (args) => ({
        contents: templateModule(await readFile(args.path, 'utf8')),
        loader: 'js',
        resolveDir: path.dirname(args.path),
      }));
      build.onLoad({ filter: /\.wasm$/ }, async (args) => {
        const name = path.basename(args.path);
        await mkdir(dist, { recursive: true });
        await copyFile(args.path, path.join(dist, name));
        // As an ES module: esbuild would copy what module.exports holds into an object, byte by byte.
        return {
          contents: `import { readFileSync } from 'node:fs'; export default readFileSync(\`\${__dirname}/${name}\`);`,
        };
      });
    },
  };
}

/** The same for Vite, which runs the tests. */
export const viteAssets = {
  name: 'assets',
  enforce: 'pre' as const,
  async load(id: string): Promise<string | null> {
    if (id.endsWith('.hbs')) return templateModule(await readFile(id, 'utf8'));
    if (id.endsWith('.wasm')) {
      const bytes = await readFile(id);
      return `export default new Uint8Array(Buffer.from("${bytes.toString('base64')}", "base64"));`;
    }
    return null;
  },
};
