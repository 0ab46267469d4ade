/** Builds dist/: checks the advisory, publishes the schema of --json, bundles with a chunk a command. */
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';
import { z } from 'zod';
import { advisorySchema } from '../src/advisory/schema.ts';
import { reportSchema } from '../src/report/schema.ts';
import { esbuildAssets } from './assets.ts';

const root = path.resolve(import.meta.dirname, '..');
const inRoot = (...names: string[]): string => path.join(root, ...names);

const advisory = advisorySchema.safeParse(
  JSON.parse(await readFile(inRoot('src/advisory/advisory.json'), 'utf8')),
);
if (!advisory.success) {
  process.stderr.write(`src/advisory/advisory.json: ${z.prettifyError(advisory.error)}\n`);
  process.exit(1);
}

const schema = z.toJSONSchema(reportSchema, { target: 'draft-2020-12' });
await mkdir(inRoot('schema'), { recursive: true });
await writeFile(inRoot('schema/report.schema.json'), `${JSON.stringify(schema, null, 2)}\n`);

/** What packages in CommonJS expect to be there, which a bundle of ES modules has to make. */
const commonjs = [
  "import { createRequire as __createRequire } from 'node:module';",
  "import { fileURLToPath as __fileURLToPath } from 'node:url';",
  'const require = __createRequire(import.meta.url);',
  'const __filename = __fileURLToPath(import.meta.url);',
].join('\n');

await rm(inRoot('dist'), { recursive: true, force: true });
await build({
  entryPoints: [inRoot('src/main.ts')],
  outdir: inRoot('dist'),
  bundle: true,
  splitting: true,
  minifySyntax: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  chunkNames: 'chunks/[name]-[hash]',
  plugins: [esbuildAssets],
  banner: { js: commonjs },
  logLevel: 'warning',
});
await chmod(inRoot('dist/main.js'), 0o755);
