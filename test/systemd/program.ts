import { join } from 'node:path';
import { PROGRAM } from './layout.ts';
import type { SystemdNode } from './node.ts';

/** Puts the built program on the node, as subpathfix in its PATH; what was there is replaced. */
export async function installProgram(node: SystemdNode): Promise<void> {
  await node.run(['rm', '-rf', PROGRAM]);
  await node.copyDirectory(join(import.meta.dirname, '../../dist'), PROGRAM);
  await node.writeFile('/usr/local/bin/subpathfix', `#!/bin/sh\nexec node ${PROGRAM}/main.cjs "$@"\n`, 0o755);
}
