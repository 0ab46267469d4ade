import { basename, join } from 'node:path';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { assets } from '../../scripts/assets.ts';

/** What takes minutes begins first: begun last it would run alone at the end. */
const longest = [
  'answers-others',
  'answers-k0s',
  'interrupted',
  'verify',
  'smoke',
  'rebuild',
  'distributions',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const index = longest.indexOf(basename(moduleId, '.test.ts'));
      return index < 0 ? longest.length : index;
    };
    return files.sort((one, other) => rank(one) - rank(other));
  }
}

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

/** The others wait for most of their time: three at once. A systemd test has two nodes of its own. */
const together = { maxWorkers: 3, sequence: { groupOrder: 1 } };

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

export default defineConfig({ test: { projects, sequence: { sequencer: LongestFirst } } });
