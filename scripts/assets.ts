/**
 * Turns the three kinds of files that are not code into modules, in the bundle and in the tests alike:
 * a template (.hbs) is precompiled, so that a broken one fails the build and none is compiled at run time;
 * a script for another machine (.sh) becomes its text;
 * a grammar (.wasm) becomes its bytes, read when the module that needs them is loaded;
 * a part of the page of a report (.css, .js) becomes its text, and its hash for the policy of the page.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import Handlebars from 'handlebars';
import type { Plugin } from 'rolldown';

/** What a template may call. Anything else is a misspelling, and the build says so. */
const knownHelpers = { nix: true, folded: true, foldedCommand: true };

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

const bytesModule = (url: string): string =>
  `import { readFileSync } from 'node:fs'; export default readFileSync(new URL(${url}));`;

/** Before the name of a part of a page and .mjs after it, lest vite takes it for a style or code of its own. */
const partPrefix = '\0part-of-a-page:';

async function partModule(file: string): Promise<string> {
  const text = await readFile(file, 'utf8');
  const hash = `sha256-${createHash('sha256').update(text).digest('base64')}`;
  return `export default ${JSON.stringify({ text, hash })};`;
}

/** @param copy whether a grammar goes beside the code, as in dist/; the tests read it where it is */
export function assets({ copy }: { copy: boolean }): Plugin & { enforce: 'pre' } {
  return {
    name: 'assets',
    enforce: 'pre',
    resolveId: (id, importer) =>
      /\/templates\/report\/[^/]+\.(?:css|js)$/.test(id) && importer
        ? `${partPrefix}${path.resolve(path.dirname(importer), id)}.mjs`
        : null,
    async load(id) {
      if (id.startsWith(partPrefix)) {
        const file = id.slice(partPrefix.length, -'.mjs'.length);
        return { code: await partModule(file), moduleType: 'js' };
      }
      if (id.endsWith('.hbs')) return { code: templateModule(await readFile(id, 'utf8')), moduleType: 'js' };
      if (id.endsWith('.sh'))
        return { code: `export default ${JSON.stringify(await readFile(id, 'utf8'))};`, moduleType: 'js' };
      if (!id.endsWith('.wasm')) return null;
      if (!copy) return { code: bytesModule(JSON.stringify(`file://${id}`)), moduleType: 'js' };
      const file = { type: 'asset', name: path.basename(id), source: await readFile(id) } as const;
      return { code: bytesModule(`import.meta.ROLLUP_FILE_URL_${this.emitFile(file)}`), moduleType: 'js' };
    },
  };
}
