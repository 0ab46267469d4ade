import { describe, expect, test } from 'vitest';
import { replaceUnit } from './answers.ts';
import { writeUnit } from './install.ts';
import { TruthTable } from './truth-table.ts';
import { VARIANTS, type Variant } from './variants.ts';

/** What the program says of nodes of other distributions, and of a cluster of two, beside what a fresh pod shows. */

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
