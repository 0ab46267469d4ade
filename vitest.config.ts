import { availableParallelism } from 'node:os';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
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
  'release',
  'cache',
];

/** What tries the program again and again, or what browsers and shells make of it: minutes, of which CI has more. */
const thorough = [
  'test/security/**/*.test.ts',
  'test/cli/{audit,completion,status,sweep}/**/*.test.ts',
  'test/cli/{lock,probe}.test.ts',
  'test/host/hanging.test.ts',
  'test/render/hostile.test.ts',
  'test/report/page*.test.ts',
  'test/ssh/**/*.test.ts',
];
const elsewhere = ['test/cluster/**', 'test/systemd/**'];

const project = (name: string, include: string[], exclude: string[]): TestProjectInlineConfiguration => ({
  extends: true,
  test: { name, include, exclude },
});

export default defineConfig({
  plugins: [assets({ copy: false })],
  test: {
    projects: [
      project('quick', ['test/**/*.test.ts'], [...elsewhere, ...thorough]),
      project('thorough', thorough, elsewhere),
    ],
    server: { deps: { inline: [/tree-sitter/] } },
    globalSetup: ['test/global-setup.ts'],
    testTimeout: 30_000,
    // as many as there are cores; the default leaves one to itself, of two
    maxWorkers: availableParallelism(),
    sequence: { sequencer: longestFirst(longest) },
  },
});
