import { describe, expect, test } from 'vitest';
import { replaceUnit } from './answers.ts';
import { writeUnit } from './install.ts';
import { TruthTable } from './truth-table.ts';
import { VARIANTS, type Variant } from './variants.ts';

/** What the program says of nodes of k0s, beside what a fresh pod shows: no row may differ. */

const table = new TruthTable();

test('k0s on NixOS, single', async () => {
  const single: Variant = VARIANTS.k0s;
  const own = { unit: 'k0scontroller', role: 'single' };
  let k0s = await table.install({ ...single, wrapper: 'affected', mount: 'good' });
  const { node } = k0s;
  await table.add(k0s, 'k0s: wrapper affected, unit good', { truth: 'affected', ...own });

  await writeUnit(node, { ...single, wrapper: 'good', mount: 'affected' });
  await table.add(k0s, 'k0s: wrapper fixed, not restarted', {
    truth: 'affected',
    drift: 'not-in-effect',
    ...own,
  });
  await k0s.restart();
  await table.add(k0s, 'k0s: wrapper good, unit affected', { truth: 'good', ...own });

  // What else runs or lies on such a node, and is not its kubelet's.
  await node.writeFile(
    '/etc/systemd/system/k0sworker.service',
    '[Service]\nExecStart=/usr/local/bin/k0s worker\n[Install]\nWantedBy=multi-user.target\n',
  );
  await node.writeFile('/etc/systemd/system/containerd.service.d/x.conf', '[Service]\nEnvironment=X=1\n');
  await node.run(['systemctl', 'daemon-reload']);
  await node.run(['systemctl', 'enable', 'k0sworker']);
  await node.run(['systemctl', 'start', 'containerd']);
  await node.run([
    'sh',
    '-c',
    'setsid $(ls /nix/store/*/bin/k0s) kubectl proxy --port=8123 >/dev/null 2>&1 </dev/null &',
  ]);
  await table.add(k0s, 'k0s: with containerd, kubectl proxy and k0sworker', { truth: 'good', ...own });
  await table.time(k0s);

  await writeUnit(node, { ...single, wrapper: 'affected', mount: 'affected' });
  await table.add(k0s, 'k0s: fix dropped, not restarted', {
    truth: 'good',
    drift: 'lost-at-restart',
    ...own,
  });
  await node.run(['systemctl', 'restart', own.unit]);
  const starting = await node.attempt(['subpathfix', 'check', '--json']);
  expect(JSON.parse(starting.stdout)).toMatchObject({
    node: { kubelet: { reason: { code: 'kubelet-starting' } }, unit: { value: { name: own.unit } } },
  });
  await k0s.untilReady();
  await table.add(k0s, 'k0s: fix dropped, restarted', { truth: 'affected', ...own });

  const cures: [string, Partial<Variant>][] = [
    ['KUBELET_PATH', { kubeletPath: 'good' }],
    ['LIBMOUNT_FORCE_MOUNT2', { env: { LIBMOUNT_FORCE_MOUNT2: 'always' } }],
    ['KUBELET_LIBMOUNT_FORCE_MOUNT2', { env: { KUBELET_LIBMOUNT_FORCE_MOUNT2: 'always' } }],
  ];
  for (const [name, cure] of cures) {
    k0s = await replaceUnit(k0s, { ...single, wrapper: 'affected', ...cure });
    await table.add(k0s, `k0s: ${name}`, { truth: 'good', ...own });
  }
  await writeUnit(node, { ...single, wrapper: 'affected' });
  await table.add(k0s, 'k0s: variable dropped, not restarted', {
    truth: 'good',
    drift: 'lost-at-restart',
    ...own,
  });
}, 300_000);

describe('as its installer sets it up', () => {
  test.each([
    ['k0s-installed', 'single'],
    ['k0s-installed-with-worker', 'controller+worker'],
    ['k0s-elsewhere', 'single'],
  ] as const)(
    '%s',
    async (name, role) => {
      const own = { unit: 'k0scontroller', role };
      const k0s = await table.install(VARIANTS[name]);
      await table.add(k0s, `${name}: affected`, { truth: 'affected', ...own });

      // What it writes for this node is put to use as it says.
      const { node } = k0s;
      await node.run(['subpathfix', 'generate', '--out', '/etc/systemd/system']);
      await node.run(['systemctl', 'daemon-reload']);
      await table.add(k0s, `${name}: its own drop-in, not restarted`, {
        truth: 'affected',
        drift: 'not-in-effect',
        ...own,
      });
      await k0s.restart();
      await table.add(k0s, `${name}: its own drop-in`, { truth: 'good', ...own });
    },
    120_000,
  );
});
