/** One smoke run as a process of its own, so that a test can end it: options as JSON, the result to stdout. */
import { advisory } from '../../src/advisory/index.ts';
import { localHost } from '../../src/host/local.ts';
import { runSmoke } from '../../src/smoke/run.ts';

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupted.abort());
runSmoke(localHost(), JSON.parse(process.argv[2] ?? '{}'), advisory, interrupted.signal, ({ code, text }) =>
  process.stderr.write(`${code}: ${text}\n`),
).then(({ result }) => process.stdout.write(JSON.stringify(result)));
