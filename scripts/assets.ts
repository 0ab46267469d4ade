/**
 * How the two kinds of files that are not code become modules, the same in the bundle and in the tests:
 * a template (.hbs) is precompiled, so that a broken one fails the build and none is compiled at run time;
 * a grammar (.wasm) is its bytes, so that dist/ needs nothing beside it.
 */
import { readFile } from 'node:fs/promises';
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

export const esbuildAssets: Plugin = {
  name: 'assets',
  setup(build) {
    build.onLoad({ filter: /\.hbs$/ }, async (args) => ({
      contents: templateModule(await readFile(args.path, 'utf8')),
      loader: 'js',
      resolveDir: path.dirname(args.path),
    }));
    build.onLoad({ filter: /\.wasm$/ }, async (args) => ({
      contents: await readFile(args.path),
      loader: 'binary',
    }));
  },
};

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
