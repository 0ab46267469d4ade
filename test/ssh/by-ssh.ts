/** This machine as ssh would reach it: the far side is a shell here, or whatever a test puts in its place. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll } from 'vitest';
import type { Connection } from '../../src/host/ssh/connection.ts';
import { connect } from '../../src/host/ssh/connection.ts';
import { HostError } from '../../src/host/ssh/errors.ts';
import { type Foreseen, type RemoteHost, remoteHost } from '../../src/host/ssh/host.ts';

const directory = mkdtempSync('/run/subpathfix-by-ssh-');
const connections: Connection[] = [];
afterAll(() => {
  for (const each of connections) each.close(new HostError('interrupted', 'the test is over'));
  rmSync(directory, { recursive: true, force: true });
});
let count = 0;

const own = 'for last; do :; done\nexec sh -c "$last"';
const nothing: Foreseen = { lines: [], after: () => 'none' };

/** @param script in the place of ssh @param searchPath its PATH */
export function connectedTo(script = own, searchPath = process.env['PATH']): Connection {
  count += 1;
  const file = path.join(directory, `ssh-${count}`);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  const connection = connect(file, 'there', { PATH: searchPath });
  connections.push(connection);
  return connection;
}

export async function thisBySsh(
  foreseen = nothing,
  connection = connectedTo(),
): Promise<RemoteHost & { connection: Connection }> {
  return { ...(await remoteHost(connection, foreseen)), connection };
}
