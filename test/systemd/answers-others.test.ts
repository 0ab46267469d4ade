import { describe, expect, test } from 'vitest';
import { replaceUnit } from './answers.ts';
import { writeUnit } from './install.ts';
import { TruthTable } from './truth-table.ts';
import { VARIANTS, type Variant } from './variants.ts';

/** What the program says of other nodes than the usual ones of k0s, beside what a fresh pod shows: no row may differ. */

const table = new TruthTable();

describe('another distribution', () => {
  test.each([
    ['k3s', 'server'],
    ['k3s-agent', 'agent'],
    ['rke2', 'server'],
    ['rke2-agent', 'agent'],
    ['kubernetes', 'node'],
  ] as const)(
    '%s',
    async (name, role) => {
      const variant: Variant = VARIANTS[name];
      const wrapped = name === 'kubernetes' ? {} : { wrapper: 'affected' as const };
      let kubernetes = await table.install({ ...variant, ...wrapped });
      const { unit } = variant;
      await table.add(kubernetes, `${name}: affected`, { truth: 'affected', unit, role });
      const fixed: Variant = { ...variant, ...wrapped, env: { LIBMOUNT_FORCE_MOUNT2: 'always' } };
      if (!name.endsWith('-agent')) {
        await writeUnit(kubernetes.node, fixed);
        await table.add(kubernetes, `${name}: fixed, not restarted`, {
          truth: 'affected',
          drift: 'not-in-effect',
          unit,
          role,
        });
      }
      kubernetes = await replaceUnit(kubernetes, fixed);
      await table.add(kubernetes, `${name}: fixed`, { truth: 'good', unit, role });
      if (name === 'rke2-agent') return;
      await writeUnit(kubernetes.node, { ...variant, ...wrapped });
      await table.add(kubernetes, `${name}: fix dropped, not restarted`, {
        truth: 'good',
        drift: 'lost-at-restart',
        unit,
        role,
      });
    },
    120_000,
  );
});

test('k0s on NixOS under its other names', async () => {
  let k0s = await table.install(VARIANTS['k0s-unit']);
  await table.add(k0s, 'k0s.service: affected', { truth: 'affected', unit: 'k0s', role: 'single' });
  k0s = await replaceUnit(k0s, {
    ...VARIANTS['k0s-unit'],
    unit: 'my-kube',
    args: ['controller', '--data-dir=/var/lib/k0s', '--enable-worker=t'],
    mount: 'good',
  });
  await table.add(k0s, 'my-kube.service, --enable-worker=t: good', {
    truth: 'good',
    unit: 'my-kube',
    role: 'controller+worker',
  });
  k0s = await replaceUnit(k0s, {
    ...k0s.variant,
    mount: 'affected',
    args: ['controller', '--enable-worker=false', '--single=TRUE'],
  });
  await table.add(k0s, 'my-kube.service, --single=TRUE: affected', {
    truth: 'affected',
    unit: 'my-kube',
    role: 'single',
  });
}, 120_000);

test('a controller without a kubelet, and its worker', async () => {
  const server = await table.install(VARIANTS['k0s-controller']);
  const alone = await table.addUnchecked(server, 'k0s controller');
  expect.soft(alone).toMatchObject({
    truth: 'none',
    check: 'not-affected 0, k0scontroller, no role',
    generate: '0, nothing',
    // It is no node itself: nothing is proven before those that have a kubelet are asked.
    verify: 'undetermined 3, pod undetermined; subpathfix verify --all-nodes',
  });
  const verifyAll = async () => (await server.node.attempt(['subpathfix', 'verify', '--all-nodes'])).exitCode;

  const worker = await table.install({ ...VARIANTS['k0s-worker'], wrapper: 'affected' }, 1, server);
  const own = { unit: 'k0sworker', role: 'worker' };
  await table.add(worker, 'k0s worker: affected', { truth: 'affected', ...own });
  expect.soft(await verifyAll()).toBe(4);
  const fixed = await replaceUnit(worker, { ...VARIANTS['k0s-worker'], wrapper: 'good' });
  await table.add(fixed, 'k0s worker: good', { truth: 'good', ...own });
  expect.soft(await verifyAll()).toBe(0);
}, 120_000);
