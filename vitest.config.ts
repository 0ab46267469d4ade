import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { assets } from './scripts/assets.ts';
import { longestFirst } from './test/longest-first.ts';

/** Those of more than 20 s, on two cores. */
const longest = [
  'faults',
  'kills',
  'tree',
  'bad-answers',
  'strangers',
  'audit',
  'faults-in-memory',
  'secrets',
  'cache',
];

export default defineConfig({
  plugins: [assets({ copy: false })],
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/cluster/**', 'test/systemd/**'],
    server: { deps: { inline: [/tree-sitter/] } },
    globalSetup: ['test/global-setup.ts'],
    testTimeout: 30_000,
    // as many as there are cores; the default leaves one to itself, of two
    maxWorkers: availableParallelism(),
    sequence: { sequencer: longestFirst(longest) },
  },
});
