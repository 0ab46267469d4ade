import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** For the tests that need a cluster alone: npx vitest run --config test/cluster/vitest.config.ts */
export default defineConfig({
  test: {
    root: join(import.meta.dirname, '..'),
    include: ['cluster/*.test.ts', 'systemd/*.test.ts'],
    // there is one cluster a machine
    fileParallelism: false,
    testTimeout: 120_000,
    // with an empty cache, Kubernetes is compiled first
    hookTimeout: 20 * 60_000,
    teardownTimeout: 60_000,
  },
});
