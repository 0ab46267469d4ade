import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { root, scratchDirectory } from '../helpers/tools.ts';

/** The script of the CronJob, with stand-ins for node and kubectl; the tests of the cluster run it with the real ones. */

const script = path.join(root, 'examples/nightly/nightly.sh');

describe('examples/nightly/nightly.sh', async () => {
  const scratch = await scratchDirectory();
  const bin = path.join(scratch, 'bin');
  const kept = path.join(scratch, 'kept');
  const env = {
    ...{ PATH: `${bin}:${process.env['PATH']}`, TMPDIR: scratch, KEPT: kept },
    ...{ NAMESPACE: 'the-namespace', TIMEOUT: '9', CONFIGMAP: 'the-metrics' },
  };
  beforeAll(() => mkdir(bin));
  beforeEach(async () => {
    await writeFile(kept, '');
    await program(
      'kubectl',
      'case $1 in create) cat "$TMPDIR/subpathfix.prom" ;; replace) echo "$*" >>"$KEPT"; cat >>"$KEPT" ;; esac',
    );
  });

  async function program(name: string, body: string): Promise<void> {
    await writeFile(path.join(bin, name), `#!/bin/sh\n${body}\n`);
    await chmod(path.join(bin, name), 0o755);
  }

  it.each([0, 3, 4])('keeps the answer of verify, and ends with its exit code %i', async (code) => {
    await program('node', `echo "answer of $*"; exit ${code}`);
    const { exitCode } = await execa(script, { env, reject: false });
    expect(exitCode).toBe(code);
    expect(await readFile(kept, 'utf8')).toMatch(
      /^replace --raw \/api\/v1\/namespaces\/the-namespace\/configmaps\/the-metrics --filename=-\nanswer of \/opt\/subpathfix\/main\.cjs verify --all-nodes --namespace the-namespace --timeout 9 [^\n]*\n# HELP .*\n# TYPE .*\nsubpathfix_report_timestamp_seconds\{command="verify"\} \d{10}\n$/,
    );
  });

  it.each([0, 2, 127])('that says nothing, with exit code %i, is no answer', async (code) => {
    await program('node', `exit ${code}`);
    expect((await execa(script, { env, reject: false })).exitCode).toBe(70);
    expect(await readFile(kept, 'utf8')).toBe('');
  });

  it('an answer that cannot be kept is a failure, even a good one', async () => {
    await program('node', 'echo good');
    await program('kubectl', 'cat >/dev/null; exit 1');
    expect((await execa(script, { env, reject: false, stdin: 'ignore' })).exitCode).toBe(70);
  });

  it('SIGTERM reaches verify, which is waited for', async () => {
    await program(
      'node',
      'trap "sleep 0.5; echo cleared; exit 143" TERM; echo began >&2; while :; do sleep 0.1; done',
    );
    const run = execa(script, { env, reject: false });
    run.stderr.once('data', () => run.kill('SIGTERM'));
    expect((await run).exitCode).toBe(143);
    expect(await readFile(kept, 'utf8')).toMatch(/^replace .*\ncleared\n/);
  });
});
