import { join } from 'node:path';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import { assets } from '../../scripts/assets.ts';
import { longestFirst } from '../longest-first.ts';

/** Those of more than a minute. */
const longest = [
  'answers-others',
  'answers-k0s',
  'interrupted',
  'smoke',
  'verify',
  'rebuild',
  'distributions',
  'k0s',
  'two-nodes',
  'fixes',
  'verify-two-nodes',
];

const shared = {
  root: join(import.meta.dirname, '..'),
  globalSetup: [join(import.meta.dirname, '../global-setup.ts')],
  testTimeout: 120_000,
  // with an empty cache, Kubernetes is compiled first
  hookTimeout: 20 * 60_000,
  teardownTimeout: 60_000,
};

/** These compare the machine before and after, look at all its kubelets, or need all of it: nothing else may run. */
const alone = [
  'cluster/cluster.test.ts',
  'cluster/fleet.test.ts',
  'cluster/releases.test.ts',
  'cluster/stuck.test.ts',
  'cluster/verify.test.ts',
  'systemd/node.test.ts',
];

/** The others wait for most of their time: four at once. A systemd test has two nodes of its own. */
const together = { maxWorkers: 4, sequence: { groupOrder: 1 } };

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
  // There is one such cluster a machine.
  { test: { ...shared, ...together, name: 'smoke', include: ['cluster/smoke.test.ts'] } },
  {
    plugins: [assets({ copy: false })],
    test: { ...shared, ...together, name: 'systemd', include: ['systemd/*.test.ts'], exclude: alone },
  },
];

export default defineConfig({ test: { projects, sequence: { sequencer: longestFirst(longest) } } });
