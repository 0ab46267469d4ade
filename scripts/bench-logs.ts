/**
 * Compares `diagnose` with grep and the signatures of the advisory, on a log of 1 GB and its packed forms, and prints
 * its peak memory at 1 GB and 10 GB, and how soon --follow reports a line of a journal (a stand-in that appends to it).
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  closeSync,
  mkdtempSync,
  openSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { advisory } from '../src/advisory/index.ts';
import { compare, program } from './compare.ts';

const rounds = 5;
const gigabyte = 1_000_000_000;

// A program in a directory that everybody can write is not run for root.
const parent = process.geteuid?.() === 0 ? '/var/lib' : os.tmpdir();
const scratch = mkdtempSync(path.join(parent, 'subpathfix-bench-logs-'));
const log = path.join(scratch, 'log');

/** As k0s writes them on a node with nothing wrong, with the defect in one line of 20,000. */
function writeLog(): void {
  const at = '/var/lib/k0s/kubelet/pods/0c0ffee0-1111-4222-8333-444455556666/volume-subpaths/config/app/0';
  const line = (index: number): string => {
    const clock = `07:${String(index % 60).padStart(2, '0')}:12`;
    const message =
      index === 19_999
        ? `failed to mkdir \\"${at}\\": mkdir ${at}: file exists`
        : `I1126 ${clock}.${100_000 + index} 812 reconciler_common.go:218] \\"operationExecutor.MountVolume started for volume \\\\\\"kube-api-access-${index.toString(36)}\\\\\\" pod \\\\\\"web-${index}\\\\\\"\\"`;
    return `Nov 26 ${clock} node1 k0s[812]: time="2026-11-26 ${clock}" level=info msg="${message}" component=kubelet stream=stderr\n`;
  };
  const block = Buffer.from(Array.from({ length: 20_000 }, (_, index) => line(index)).join(''));
  const file = openSync(log, 'w');
  for (let written = 0; written < gigabyte; written += block.length) writeSync(file, block);
  closeSync(file);
}

/** The patterns in the syntax of grep -E. */
const pattern = advisory.signatures
  .map((each) =>
    each.pattern
      .replaceAll('(?:', '(')
      .replaceAll('\\S', '[^ ]')
      .replaceAll('\\s', ' ')
      .replaceAll('\\d', '[0-9]'),
  )
  .join('|');

const diagnose = (name: string, file: string) => ({
  name,
  file: process.execPath,
  args: [program, 'diagnose', '-q', file],
});
const piped = (name: string, unpack: string, file: string) => ({
  name,
  file: 'sh',
  args: ['-c', `${unpack} "$1" | grep -cE "$2"`, 'sh', file, pattern],
});

/** In MB, of the program alone. */
function peak(shell: string): number {
  const hook = path.join(scratch, 'peak.cjs');
  writeFileSync(hook, "process.on('exit', () => process.stderr.write(`${process.resourceUsage().maxRSS}`));");
  const { stderr } = spawnSync('sh', ['-c', shell, 'sh', process.execPath, hook, program, log], {
    encoding: 'utf8',
  });
  return Math.round(Number(stderr) / 1000);
}

/** ms from a line in the journal to the report of it. */
async function followDelay(): Promise<number> {
  const journal = path.join(scratch, 'journal');
  writeFileSync(journal, '');
  writeFileSync(path.join(scratch, 'journalctl'), `#!/bin/sh\nexec tail -n +1 -s 0.05 -f '${journal}'\n`);
  chmodSync(path.join(scratch, 'journalctl'), 0o755);
  const env = { ...process.env, PATH: `${scratch}:${process.env['PATH']}` };
  const child = spawn(process.execPath, [program, 'diagnose', '--follow'], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise((resolve) => setTimeout(resolve, 1500));
  const at = '/var/lib/kubelet/pods/0c0ffee0-1111-4222-8333-444455556666/volume-subpaths/config/app/0';
  const started = performance.now();
  appendFileSync(journal, `MESSAGE=failed to mkdir "${at}": mkdir ${at}: file exists\n`);
  await new Promise((resolve) => child.stdout.once('data', resolve));
  const delay = performance.now() - started;
  child.kill('SIGKILL');
  return Math.round(delay);
}

try {
  writeLog();
  const grep = { name: 'grep -cE', file: 'grep', args: ['-cE', pattern, log] };
  compare(diagnose('diagnose, 1 GB', log), [grep], 1, rounds);
  execFileSync('zstd', ['-qf', log]);
  compare(
    diagnose('diagnose, .zst', `${log}.zst`),
    [piped('zstd -dc | grep', 'zstd -dcq', `${log}.zst`)],
    1,
    rounds,
  );
  execFileSync('gzip', ['-kf1', log]);
  compare(
    diagnose('diagnose, .gz', `${log}.gz`),
    [piped('gzip -dc | grep', 'gzip -dc', `${log}.gz`)],
    1,
    rounds,
  );
  const run = '"$1" --require "$2" "$3" diagnose -q';
  const ten = `for i in 1 2 3 4 5 6 7 8 9 10; do cat "$4"; done | ${run} -`;
  process.stdout.write(`diagnose, 1 GB: ${peak(`${run} "$4"`)} MB; 10 GB: ${peak(ten)} MB (goal 120)\n`);
  process.stdout.write(
    `diagnose, .gz: ${peak(`${run} "$4.gz"`)} MB; .zst: ${peak(`${run} "$4.zst"`)} MB (goal 120)\n`,
  );
  process.stdout.write(`diagnose --follow: ${await followDelay()} ms after the line (goal 1000)\n`);
} finally {
  rmSync(scratch, { recursive: true });
}
