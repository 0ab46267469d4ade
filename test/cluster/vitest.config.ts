import { defineConfig } from 'vitest/config';

/** For the cluster's own tests alone: npx vitest run --config test/cluster/vitest.config.ts */
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['*.test.ts'],
    // there is one cluster a machine
    fileParallelism: false,
    testTimeout: 120_000,
    // with an empty cache, Kubernetes is compiled first
    hookTimeout: 20 * 60_000,
    teardownTimeout: 60_000,
  },
});
