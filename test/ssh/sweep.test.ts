import { chmod, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { published } from '../../src/report/documents/hosts.ts';
import type { Sweep } from '../../src/report/documents/sweep.ts';
import { TestNode } from '../helpers/sweep-node.ts';
import { buildAffectedMount, root, scratchDirectory } from '../helpers/tools.ts';

const main = path.join(root, 'dist/main.cjs');
const nodes: TestNode[] = [];
let PATH: string;

/** Two nodes with leftovers; in the place of ssh is what goes to the mount namespace of the one that is named. */
beforeAll(async () => {
  const scratch = await scratchDirectory();
  const affected = await buildAffectedMount(scratch);
  const lines: string[] = [];
  for (const name of ['one', 'two']) {
    const node = await TestNode.start(scratch, affected);
    const kubelet = await node.kubelet();
    await node.leftover(kubelet, node.container(`pod-${name}`));
    await kubelet.stop();
    nodes.push(node);
    lines.push(`${name}) exec ${node.inside('sh', '-c').join(' ')} "$last" ;;`);
  }
  await mkdir(path.join(scratch, 'bin'));
  const ssh = path.join(scratch, 'bin/ssh');
  await writeFile(
    ssh,
    `#!/bin/sh\nfor last; do before=$word word=$last; done\ncase $before in\n${lines.join('\n')}\nesac\n`,
  );
  await chmod(ssh, 0o755);
  PATH = `${path.dirname(ssh)}:${process.env['PATH']}`;
});
afterAll(() => Promise.all(nodes.map((node) => node.stop())));

async function sweep(...args: string[]) {
  const hosts = ['--host', 'one', '--host', 'two', '--json'];
  const { stdout, stderr, exitCode } = await execa('node', [main, 'sweep', ...hosts, ...args], {
    env: { PATH },
    reject: false,
  });
  expect(stderr).toBe('');
  const document = published(z).parse(JSON.parse(stdout));
  return { exitCode, swept: document.hosts.map(({ report }) => report as Sweep) };
}

it('shows what would be run on each, removes it, and finds nothing more', async () => {
  const before = await Promise.all(nodes.map((node) => node.mounted()));
  expect(before.map(({ length }) => length)).toEqual([1, 1]);

  const shown = await sweep('--apply', '--dry-run');
  expect(shown.exitCode).toBe(0);
  for (const [index, node] of nodes.entries()) {
    const directory = node.container(index === 0 ? 'pod-one' : 'pod-two');
    expect(shown.swept[index]?.mounts).toMatchObject([
      { directory, stale: true, kubeletPid: expect.any(Number) },
    ]);
    expect(shown.swept[index]?.directories[0]?.commands).toEqual([
      'mkdir -p -m 0700 /run/subpathfix',
      expect.stringMatching(/^mkdir -m 0700 \/run\/subpathfix\/sweep-\d+$/),
      expect.stringMatching(`^mount --rbind ${directory} /run/subpathfix/sweep-\\d+$`),
      expect.stringMatching(/^umount -l /),
      expect.stringMatching(/^rmdir /),
    ]);
  }
  expect(await Promise.all(nodes.map((node) => node.mounted()))).toEqual(before);

  const applied = await sweep('--apply');
  expect(applied.swept.map(({ directories }) => directories.map(({ outcome }) => outcome?.state))).toEqual([
    ['removed'],
    ['removed'],
  ]);
  expect(applied.exitCode).toBe(0);
  expect(await Promise.all(nodes.map((node) => node.mounted()))).toEqual([[], []]);
  expect(await Promise.all(nodes.map((node) => node.scratchDirectories()))).toEqual([[], []]);
  expect((await sweep()).exitCode).toBe(0);
}, 60_000);
