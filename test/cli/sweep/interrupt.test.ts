import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { TestNode } from '../../helpers/sweep-node.ts';
import { buildAffectedMount, scratchDirectory, tool } from '../../helpers/tools.ts';

let scratch: string;
let affected: string;
beforeAll(async () => {
  scratch = await scratchDirectory();
  affected = await buildAffectedMount(scratch);
});
let node: TestNode;
afterEach(() => node.stop());

/** Stops between the two steps: mount has bound the directory, and does not end. */
async function hanging(): Promise<string> {
  return node.standIn(
    'mount',
    `case $1 in --rbind) ${tool('mount')} "$@"; exec sleep 30;; esac; exec ${tool('mount')} "$@"`,
  );
}

async function bound(): Promise<string> {
  for (;;) {
    const at = (await node.mounted()).find((path) => /^\/run\/subpathfix\/sweep-\d+$/.test(path));
    if (at) return at;
    await sleep(20);
  }
}

describe('interrupted between its two steps', () => {
  it.each<[signal: NodeJS.Signals, exitCode: number]>([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ])('by %s, it undoes the first', async (signal, exitCode) => {
    node = await TestNode.start(scratch, affected);
    const at = await node.leftover(await node.kubelet(), node.container('u1'));
    const sibling = await node.sound(node.container('u1'), 1);
    const child = node.start({ PATH: await hanging() }, '--apply');
    await bound();
    const ended = once(child, 'close');
    let said = '';
    child.stdout?.on('data', (text) => {
      said += text;
    });
    child.kill(signal);
    expect(await ended).toEqual([exitCode, null]);
    expect(said).toContain('interrupted: 0 of 1 container directories swept, 1 remain');
    expect(said).toContain('interrupted, not removed');
    expect(await node.mounted()).toEqual([at, sibling]);
    expect(await node.scratchDirectories()).toEqual([]);
  });

  it('by SIGKILL, the next one removes what is left, and nothing with it', async () => {
    node = await TestNode.start(scratch, affected);
    const directory = node.container('u1');
    const at = await node.leftover(await node.kubelet(), directory);
    const child = node.start({ PATH: await hanging() }, '--apply');
    const left = await bound();
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;

    // Meanwhile the pod has come up: a sound mount, of which there is a copy below what is left.
    await node.run('perl', '-e', 'syscall(166, $ARGV[0], 10) == 0 or die $!', at);
    const sound = await node.sound(directory, 1);
    expect(await node.mounted()).toContain(`${left}/1`);

    const listed = await node.sweep();
    expect(listed.stdout).toMatch(/except what a killed sweep left/);
    expect(listed.stdout).toContain(left);
    expect(listed.exitCode).toBe(1);
    expect((await node.sweep(['--apply'])).exitCode).toBe(0);
    expect(await node.mounted()).toEqual([sound]);
    expect(await node.scratchDirectories()).toEqual([]);
  });
});

it("does not touch a running sweep's empty directory", async () => {
  node = await TestNode.start(scratch, affected);
  const kubelet = await node.kubelet();
  await node.leftover(kubelet, node.container('u1'));
  const child = node.start({ PATH: await hanging() }, '--apply');
  const used = await bound();
  expect((await node.sweep(['--dry-run'])).stdout).not.toContain('killed');
  await node.sweep(['--apply']);
  expect(await node.scratchDirectories()).toEqual([used.slice('/run/subpathfix/'.length)]);
  const ended = once(child, 'exit');
  child.kill('SIGINT');
  await ended;
  expect(await node.scratchDirectories()).toEqual([]);
});
