/** Pages of reports in Debian's Chromium. Import it at the top of a test: it starts the browser, and ends it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, vi } from 'vitest';
import type { Document } from '../../src/report/document.ts';
import { page } from '../../src/report/formats/html/page.ts';
import { root, scratchDirectory, tool } from './tools.ts';

const scratch = await scratchDirectory();
/** Where pictures go, to be looked at; with docs/images that of the README is made again. */
export const pictures = path.resolve(
  root,
  process.env['SUBPATHFIX_PICTURES'] ?? path.join(scratch, 'pictures'),
);
mkdirSync(pictures, { recursive: true });

/** Milliseconds for its start, of which a busy machine takes many. */
const starting = 60_000;
vi.setConfig({ testTimeout: 60_000, expect: { poll: { timeout: 10_000 } } });

let browser: Browser | undefined;
beforeAll(async () => {
  // Root has no sandbox in Chromium.
  browser = await chromium.launch({ executablePath: tool('chromium'), args: ['--no-sandbox'] });
}, starting);
afterAll(() => browser?.close());

interface Opened {
  tab: Page;
  /** what the page asked the network for, and what the browser complained about */
  faults: string[];
}

/** The page of a document. Close its context when it is no longer needed. */
export async function openPage(document: Document, options: BrowserContextOptions = {}): Promise<Opened> {
  const file = path.join(scratch, `${Math.random()}.html`);
  writeFileSync(file, page(document));
  if (!browser) throw new Error('the browser has not started');
  const context = await browser.newContext({ viewport: { width: 1400, height: 1000 }, ...options });
  const tab = await context.newPage();
  const url = String(pathToFileURL(file));
  const faults: string[] = [];
  tab.on('request', (request) => {
    if (request.url().split('#')[0] !== url) faults.push(`asked for ${request.url()}`);
  });
  tab.on('console', (message) => faults.push(message.text()));
  tab.on('pageerror', (error) => faults.push(String(error)));
  tab.on('dialog', (dialog) => faults.push(dialog.message()));
  await tab.goto(url);
  return { tab, faults };
}
