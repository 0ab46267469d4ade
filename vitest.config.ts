import { defineConfig } from 'vitest/config';
import { assets } from './scripts/assets.ts';

export default defineConfig({
  plugins: [assets({ copy: false })],
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/cluster/**', 'test/systemd/**'],
    server: { deps: { inline: [/tree-sitter/] } },
    globalSetup: ['test/global-setup.ts'],
    testTimeout: 30_000,
  },
});
