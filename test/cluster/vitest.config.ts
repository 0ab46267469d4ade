import { join } from 'node:path';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import { assets } from '../../scripts/assets.ts';

const shared = {
  root: join(import.meta.dirname, '..'),
  globalSetup: [join(import.meta.dirname, '../global-setup.ts')],
  testTimeout: 120_000,
  // with an empty cache, Kubernetes is compiled first
  hookTimeout: 20 * 60_000,
  teardownTimeout: 60_000,
};

/** These compare the machine before and after: nothing else may run on it. There is one cluster a machine. */
const alone = ['cluster/*.test.ts', 'systemd/node.test.ts'];

/** For the tests that need a cluster alone: npx vitest run --config test/cluster/vitest.config.ts */
const projects: TestProjectInlineConfiguration[] = [
  {
    test: {
      ...shared,
      name: 'cluster',
      include: alone,
      fileParallelism: false,
      sequence: { groupOrder: 0 },
    },
  },
  {
    plugins: [assets({ copy: false })],
    test: {
      ...shared,
      name: 'systemd',
      include: ['systemd/*.test.ts'],
      exclude: alone,
      // Each has two nodes of its own, and they wait for most of their time.
      maxWorkers: 2,
      sequence: { groupOrder: 1 },
    },
  },
];

export default defineConfig({ test: { projects } });
