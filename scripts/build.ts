/** Builds dist/: checks the advisory, publishes the schema of --json, bundles, compiles. */
import { chmod, copyFile, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';
import { execa } from 'execa';
import { z } from 'zod';
import { advisorySchema } from '../src/advisory/schema.ts';
import { snapshotSchema } from '../src/advisory/snapshot-schema.ts';
import { reportSchema } from '../src/report/schema.ts';
import { statusSchema } from '../src/report/status/schema.ts';
import { sweepSchema } from '../src/report/sweep/schema.ts';
import { verifySchema } from '../src/report/verify/schema.ts';
import { esbuildAssets } from './assets.ts';

const root = path.resolve(import.meta.dirname, '..');
const inRoot = (...names: string[]): string => path.join(root, ...names);

for (const [name, shape] of [
  ['advisory', advisorySchema],
  ['snapshot', snapshotSchema],
] as const) {
  const file = `src/advisory/${name}.json`;
  const parsed = shape.safeParse(JSON.parse(await readFile(inRoot(file), 'utf8')));
  if (!parsed.success) {
    process.stderr.write(`${file}: ${z.prettifyError(parsed.error)}\n`);
    process.exit(1);
  }
}

await mkdir(inRoot('schema'), { recursive: true });
for (const [name, shape] of [
  ['report', reportSchema],
  ['status', statusSchema],
  ['sweep', sweepSchema],
  ['verify', verifySchema],
] as const) {
  const schema = z.toJSONSchema(shape, { target: 'draft-2020-12' });
  await writeFile(inRoot(`schema/${name}.schema.json`), `${JSON.stringify(schema, null, 2)}\n`);
}

// Made beside dist and moved there file by file, so that what runs meanwhile finds a whole program.
const dist = inRoot(`dist.${process.pid}`);
const { outputFiles } = await build({
  entryPoints: [inRoot('src/main.ts')],
  write: false,
  outfile: path.join(dist, 'app.cjs'),
  bundle: true,
  minify: true,
  format: 'cjs',
  platform: 'node',
  target: 'node20.19',
  plugins: [esbuildAssets(dist)],
  // Asked for in a try by minipass-fetch, for bodies that are not UTF-8, which nothing here has; 500 kB.
  external: ['iconv-lite'],
  define: { 'import.meta.url': '__url' },
  // A script that is run from compiled code has no import(); packages that use one get require.
  supported: { 'dynamic-import': false },
  logLevel: 'warning',
});
const [bundle] = outputFiles;
// A function, as scripts/loader.cjs calls it.
const wrapped = `(function (module, exports, require, __dirname) {
const __filename = __dirname + '/app.cjs', __url = require('node:url').pathToFileURL(__filename).href;
${bundle?.text}
})`;
await writeFile(path.join(dist, 'app.cjs'), wrapped);
await copyFile(inRoot('scripts/loader.cjs'), path.join(dist, 'main.cjs'));
await chmod(path.join(dist, 'main.cjs'), 0o755);
await execa(process.execPath, [inRoot('scripts/warm.cjs'), dist]);
await mkdir(inRoot('dist'), { recursive: true });
for (const name of await readdir(dist)) await rename(path.join(dist, name), inRoot('dist', name));
await rm(dist, { recursive: true });
