/** Checks the data of the advisory, and writes the schemas of --json. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { documents } from '../src/report/documents/index.ts';
import { advisoryShape, snapshotShape } from './advisory-shapes.ts';
import { root } from './bundle.ts';

/** @throws {Error} that names the file and what is wrong in it */
export async function checkAdvisory(): Promise<void> {
  for (const [name, shape] of Object.entries({ advisory: advisoryShape, snapshot: snapshotShape })) {
    const file = `src/advisory/${name}.json`;
    const parsed = shape.safeParse(JSON.parse(await readFile(path.join(root, file), 'utf8')));
    if (!parsed.success) throw new Error(`${file}: ${z.prettifyError(parsed.error)}`);
  }
}

/** Writes schema/<command>.schema.json for each command with a --json. */
export async function publishSchemas(): Promise<void> {
  await mkdir(path.join(root, 'schema'), { recursive: true });
  for (const [command, { published }] of Object.entries(documents)) {
    const schema = z.toJSONSchema(published(z), { target: 'draft-2020-12' });
    await writeFile(path.join(root, `schema/${command}.schema.json`), `${JSON.stringify(schema, null, 2)}\n`);
  }
}
