/**
 * Builds dist/: checks the advisory, writes the schemas of --json and the manual, and bundles. With --verbose, it
 * prints the size of each file.
 */
import path from 'node:path';
import { bundle, root } from './bundle.ts';
import { replaceDist } from './dist.ts';
import { publishManual } from './manual.ts';
import { checkAdvisory, publishSchemas } from './schemas.ts';

await checkAdvisory();
await publishSchemas();
await publishManual();
const built = await bundle();
await replaceDist(path.join(root, 'dist'), built);
if (process.argv.includes('--verbose')) {
  for (const { fileName, code, moduleIds } of built.chunks) {
    process.stdout.write(`${fileName}: ${code.length} bytes of ${moduleIds.length} modules\n`);
  }
}
