/**
 * Makes a release in release/, or in the directory that is named, and checks it: the package for npm, the archive for
 * a machine without a network, the bill of materials, the licenses, and the checksums. Publishes nothing.
 */
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { bundle, root } from './bundle.ts';
import { makeArtifacts } from './release/artifacts.ts';
import { checkRelease } from './release/check.ts';
import { checkAdvisory, publishSchemas } from './schemas.ts';

const directory = path.resolve(process.argv[2] ?? path.join(root, 'release'));
await checkAdvisory();
await publishSchemas();
await rm(directory, { recursive: true, force: true });
await makeArtifacts(await bundle(), directory);
for (const line of await checkRelease(directory)) process.stdout.write(`release: ${line}\n`);
process.stdout.write(`release: ${directory}\n`);
