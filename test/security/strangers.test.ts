import { copyFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { tool } from '../helpers/tools.ts';
import { attacksOn, installSetuid } from './attacks.ts';
import { commands, onField, system } from './field.ts';

/** Processes that look like kubelet: what root's program says of them, and runs for them. */

const field = onField();
beforeAll(() => installSetuid(field));

describe.each(Object.entries(attacksOn(field)))('%s', (_name, { starts, code }) => {
  it('does not take the place of kubelet, nor stop what asks', async () => {
    await field.trueKubelet();
    const pid = await starts();
    const answers = commands.map(async ([args, exitCode]) => {
      const { stdout, exitCode: ended } = await field.arena.subpathfix(args);
      expect([args[0], ended, stdout]).toEqual([args[0], exitCode, stdout]);
      if (args[0] === 'verify') return;
      const document = JSON.parse(stdout);
      const ignored = args[0] === 'check' ? document.node.ignored : document.ignored;
      expect(ignored).toContainEqual(expect.objectContaining({ pid, code }));
    });
    await Promise.all(answers);
    const { stdout } = await field.arena.subpathfix(['check']);
    expect(stdout.replace(/\s+/g, ' ')).toContain(`(pid ${pid})`);
  });

  it('is no kubelet where there is none', async () => {
    const alone = await field.arena.subpathfix(['check', '--json']);
    const pid = await starts();
    const { exitCode, stdout } = await field.arena.subpathfix(['check', '--json']);
    const { facts, node, verdict } = JSON.parse(stdout);
    // One of root's own that is not believed leaves it open; a stranger changes nothing.
    const doubtful = ['not-trusted', 'other-namespace'].includes(code);
    expect([exitCode, verdict]).toEqual(
      doubtful ? [3, verdict] : [alone.exitCode, JSON.parse(alone.stdout).verdict],
    );
    expect([node.kubelet.known, node.mount.known, facts.probe.known]).toEqual([false, false, false]);
    expect(stdout).toContain(String(pid));
    const probed = await field.arena.subpathfix(['probe', '--pid', String(pid), '--json']);
    expect([probed.exitCode, JSON.parse(probed.stdout).probe]).toEqual([
      3,
      { mount: 'mount', ranAs: null, steps: [] },
    ]);
    expect((await field.arena.subpathfix(['verify', '--skip', 'smoke'])).exitCode).toBe(3);
  });
});
it('is ignored by sweep, too', async () => {
  await field.trueKubelet({ PATH: system });
  const pid = await attacksOn(field)['a program of that name']?.starts();
  const { exitCode, stdout } = await field.arena.subpathfix(['sweep', '--json']);
  const { ignored, mountTable } = JSON.parse(stdout);
  expect([exitCode, mountTable]).toEqual([0, 'own']);
  expect(ignored).toContainEqual(expect.objectContaining({ pid, code: 'other-user' }));
});

it.each([
  [
    'kubelet',
    () => field.started([tool('unshare'), '--mount', field.kubelet, '620'], { like: /^\S+kubelet 620/ }),
  ],
  ['uncertain', () => field.started([tool('sleep'), '621'])],
])('sweep says that nothing is left only where it sees the mounts of kubelet: %s', async (table, starts) => {
  const pid = await starts();
  const { exitCode, stdout } = await field.arena.subpathfix(['sweep', '--json']);
  expect([exitCode, JSON.parse(stdout).mountTable]).toEqual([3, table]);
  if (table !== 'kubelet') return;
  const { exitCode: applied, stderr } = await field.arena.subpathfix(['sweep', '--apply']);
  expect(applied).toBe(2);
  expect(stderr).toContain(`nsenter --target ${pid} --mount`);
});

it('never mistakes one process for another, however fast they change', async () => {
  await field.trueKubelet();
  const evil = path.join(field.arena.home, 'kubelet');
  copyFileSync(tool('sleep'), evil);
  // The names and the programs of many, each for an instant, and set-user-ID programs among them.
  const loop = `while :; do
    (exec -a kubelet ${tool('sleep')} 0.01) & (exec ${evil} 0.01) & (exec ${field.kubelet} 0.01) &
    (exec -a kubelet ${tool('su')} root </dev/null >/dev/null 2>&1) & (exec ${field.arena.file('setuid/kubelet')} 0.01) &
    wait; done`;
  await field.started([tool('bash'), '-c', loop], {
    as: field.arena.user,
    env: { PATH: field.arena.evil },
    like: /^\S*bash -c while/,
  });
  for (let time = 0; time < 50; time += 1) {
    const { exitCode, stdout } = await field.arena.subpathfix(['check', '--json']);
    expect([time, exitCode]).toEqual([time, 1]);
    expect(JSON.parse(stdout).facts.probe.value.mount).toBe(field.arena.file('affected/mount'));
  }
}, 120_000);
