/** The report as a page, in a real browser: what a person sees, reaches and can do, with a script and without. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import axe from 'axe-core';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Document, NodeRow } from '../../src/report/document.ts';
import { page } from '../../src/report/formats/html/page.ts';
import { fleet, fleetDocument } from '../helpers/fleet.ts';
import { root, scratchDirectory, tool } from '../helpers/tools.ts';

const scratch = await scratchDirectory();
/** Where pictures go, to be looked at; with docs/images that of the README is made again. */
const pictures = path.resolve(root, process.env['SUBPATHFIX_PICTURES'] ?? path.join(scratch, 'pictures'));
mkdirSync(pictures, { recursive: true });

let browser: Browser;
beforeAll(async () => {
  // Root has no sandbox in Chromium.
  browser = await chromium.launch({ executablePath: tool('chromium'), args: ['--no-sandbox'] });
});
afterAll(() => browser.close());

interface Opened {
  tab: Page;
  /** what the page asked the network for, and what the browser complained about */
  faults: string[];
}

async function open(document: Document, options: BrowserContextOptions = {}): Promise<Opened> {
  const file = path.join(scratch, `${Math.random()}.html`);
  writeFileSync(file, page(document));
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

const large = fleet(5000);
const some = fleet(700);
const countOf = (nodes: NodeRow[], outcome: string): number =>
  nodes.filter((node) => node.outcome === outcome).length;

/** How a square looks: its color and its outline. */
const lookOf = (tab: Page, selector: string): Promise<string[]> =>
  tab.evaluate(`{
    const { backgroundColor, clipPath } = getComputedStyle(document.querySelector('${selector}'), '::before');
    [backgroundColor, clipPath];
  }`);

describe('a page about 5,000 nodes', () => {
  it('is smaller than 3 MB', () => {
    const size = Buffer.byteLength(page(fleetDocument(large)));
    process.stdout.write(`5,000 nodes: ${(size / 1e6).toFixed(2)} MB\n`);
    expect(size).toBeLessThan(3e6);
  });

  it('has a square for each node, which differs by its verdict in color and in shape', async () => {
    const { tab, faults } = await open(fleetDocument(large));
    const looks: string[][] = [];
    for (const outcome of ['bad', 'failed', 'unknown', 'skipped'] as const) {
      expect(await tab.locator(`.map a.${outcome}`).count()).toBe(countOf(large, outcome));
      looks.push(await lookOf(tab, `.map a.${outcome}`));
    }
    expect(await tab.locator('.map a:not([class])').count()).toBe(countOf(large, 'good'));
    looks.push(await lookOf(tab, '.map a:not([class])'));
    for (const index of [0, 1]) expect(new Set(looks.map((look) => look[index])).size).toBe(5);
    // Each leads to its own node, in the list.
    const astray = await tab.evaluate(`[...document.querySelectorAll('.map a')].filter((square) => {
      const row = document.querySelector(square.hash);
      return !square.title.startsWith((row.querySelector('th') ?? row).textContent + ': ');
    }).length`);
    expect(astray).toBe(0);
    expect(faults).toEqual([]);
    for (const [colorScheme, name] of [
      ['light', 'fleet.png'],
      ['dark', 'fleet-dark.png'],
    ] as const) {
      await tab.emulateMedia({ colorScheme });
      await tab.screenshot({
        path: path.join(pictures, name),
        clip: { x: 0, y: 0, width: 1400, height: 908 },
      });
    }
    await tab.context().close();
  });
});

describe('with a script', () => {
  it('the keyboard reaches the evidence of a node, and comes back', async () => {
    const { tab, faults } = await open(fleetDocument(some));
    const focused = (): Promise<string | null> =>
      tab.evaluate('document.activeElement.title || document.activeElement.textContent.trim()');
    await tab.keyboard.press('Tab');
    expect(await focused()).toBe('Skip to the list of nodes');
    await tab.keyboard.press('Tab');
    await tab.keyboard.press('Tab');
    await tab.keyboard.press('Tab');
    const first = await tab.locator('.map a').first().getAttribute('title');
    expect(await focused()).toBe(first);
    const outline = await tab.evaluate('getComputedStyle(document.activeElement).outlineStyle');
    expect(outline).toBe('solid');
    await tab.keyboard.press('ArrowRight');
    expect(await focused()).toBe(await tab.locator('.map a').nth(1).getAttribute('title'));
    await tab.keyboard.press('ArrowDown');
    await tab.keyboard.press('ArrowUp');
    expect(await focused()).toBe(await tab.locator('.map a').nth(1).getAttribute('title'));
    await tab.keyboard.press('Home');
    await tab.keyboard.press('Enter');
    const dialog = tab.getByRole('dialog', { name: first?.replace(/: \w+$/, '') ?? '' });
    const node = some.find(({ name }) => first?.startsWith(`${name}: `));
    const text = await dialog.textContent();
    for (const line of [node?.message, ...(node?.details ?? []), node?.hints.kernel])
      expect(text).toContain(line);
    await tab.keyboard.press('Escape');
    expect(await dialog.isVisible()).toBe(false);
    expect(await focused()).toBe(first);
    // The squares are one stop.
    await tab.keyboard.press('Tab');
    expect(await tab.locator('.map a:focus').count()).toBe(0);
    expect(faults).toEqual([]);
    await tab.context().close();
  });

  it('finds nodes by text and verdict, and says how many', async () => {
    const { tab } = await open(fleetDocument(some));
    const shown = (): Promise<number> => tab.locator('.group [id^=n]:visible').count();
    const status = tab.getByRole('status');
    const wanted = some.find(({ outcome }) => outcome === 'bad');
    await tab.getByLabel('Search').fill(wanted?.name.toUpperCase() ?? '');
    await expect.poll(() => status.textContent()).toBe('1 of 700 nodes shown');
    expect(await shown()).toBe(1);
    expect(await tab.locator('.map a:not(.off)').count()).toBe(1);
    await tab.getByLabel('Search').fill('trixie v1.33.1');
    const expected = some.filter(({ hints }) => hints.os?.includes('trixie')).length;
    await expect.poll(() => status.textContent()).toBe(`${expected} of 700 nodes shown`);
    await tab.getByLabel('Search').fill('');
    await tab.getByRole('radio', { name: 'affected' }).check();
    await expect.poll(() => status.textContent()).toBe(`${countOf(some, 'bad')} of 700 nodes shown`);
    expect(await shown()).toBe(countOf(some, 'bad'));
    await tab.context().close();
  });

  it('arranges the squares by system and back, each once', async () => {
    const { tab } = await open(fleetDocument(some));
    const rooms = (): Promise<string[]> => tab.locator('.room h3').allTextContents();
    const before = await rooms();
    await tab.getByRole('radio', { name: 'system' }).check();
    const systems = new Set(some.map(({ hints }) => hints.os ?? 'system not known'));
    expect((await rooms()).map((title) => title.replace(/\s*\d+ nodes?(, .*)?$/, '')).sort()).toEqual(
      [...systems].sort(),
    );
    expect(await tab.locator('.map a').count()).toBe(700);
    const counts = await tab
      .locator('.room')
      .evaluateAll((each) => each.map((room) => room.querySelectorAll('a').length));
    expect((await rooms()).map((title) => Number(/(\d+) nodes?/.exec(title)?.[1]))).toEqual(counts);
    await tab.getByRole('radio', { name: 'kubelet' }).check();
    expect(await rooms()).toEqual(before);
    await tab.context().close();
  });
});

describe('without a script', () => {
  it('a square leads to its node, even to one in a closed group, and verdicts are filtered', async () => {
    const { tab, faults } = await open(fleetDocument(some), { javaScriptEnabled: false });
    expect(await tab.getByLabel('Search').isVisible()).toBe(false);
    const good = tab.locator('.map a:not([class])').first();
    const row = tab.locator(`.group [id=${(await good.getAttribute('href'))?.slice(1)}]`);
    expect(await row.isVisible()).toBe(false);
    await good.click();
    await expect.poll(() => row.isVisible()).toBe(true);
    expect(await good.getAttribute('title')).toContain(await row.locator('th').textContent());
    await tab.locator('label', { hasText: 'affected' }).click();
    const groups = tab.locator('.group:visible');
    expect(await groups.count()).toBe(await tab.locator('.group.bad').count());
    expect(await groups.first().textContent()).toContain('it does not bind a file or a directory');
    expect(faults).toEqual([]);
    await tab.context().close();
  });

  it('all of it is printed', async () => {
    const { tab } = await open(fleetDocument(some), { javaScriptEnabled: false });
    await tab.emulateMedia({ media: 'print' });
    const closed = tab.locator('.members:not([open]) [id^=n]');
    expect(await closed.count()).toBeGreaterThan(0);
    expect(await closed.first().isVisible()).toBe(true);
    await tab.context().close();
  });
});

/** A document with everything but nodes. */
const plain: Document = {
  ...fleetDocument([]),
  command: 'verify',
  subject: { node: 'worker-1' },
  headline: 'the defect is still there',
  message: 'the mount of kubelet was tested',
  findings: fleet(900)
    .slice(80, 90)
    .map(({ name, ...node }) => ({ ...node, id: name, title: name, seconds: 1.25, data: null })),
  blocks: [
    { kind: 'list', title: 'decided by', lines: ['the mount', { text: 'look', command: 'mount --version' }] },
    { kind: 'list', title: 'chain', lines: ['NixOS 25.05 (Warbler)', '-> unit k0sworker'] },
    { kind: 'table', columns: ['POD', 'STATE'], rows: [['a', { text: 'stuck', outcome: 'bad' }]] },
    { kind: 'paragraph', title: 'fix', lines: ['so'], steps: [{ text: 'run', commands: ['true'] }] },
    { kind: 'verbatim', title: 'Diff', lines: ['+ a', '- b'] },
  ],
};

/** A few of each verdict: how long it takes to look at a page grows with it. */
const ofEach = (['bad', 'failed', 'unknown', 'skipped', 'good'] as const).flatMap((outcome) =>
  large.filter((node) => node.outcome === outcome).slice(0, 8),
);

describe.each(['light', 'dark'] as const)('in %s', (colorScheme) => {
  it.each<[string, Document]>([
    ['many nodes', fleetDocument(ofEach)],
    ['one machine', plain],
  ])('axe finds nothing against a page about %s', async (what, document) => {
    for (const width of [400, 1400]) {
      const { tab, faults } = await open(document, { colorScheme, viewport: { width, height: 1000 } });
      await tab.screenshot({
        path: path.join(pictures, `${what.replace(' ', '-')}-${colorScheme}-${width}.png`),
      });
      if (document.subject === 'nodes') {
        await tab.locator('.map a').first().click();
        await tab.screenshot({ path: path.join(pictures, `evidence-${colorScheme}-${width}.png`) });
      }
      // Not by a script element: the policy of the page refuses it.
      await tab.evaluate(axe.source);
      const result = (await tab.evaluate("axe.run({ resultTypes: ['violations'] })")) as axe.AxeResults;
      const found = result.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
      expect(found).toEqual([]);
      expect(result.passes.length).toBeGreaterThan(15);
      // Nothing is wider than the screen.
      expect(await tab.evaluate('document.documentElement.scrollWidth')).toBe(width);
      expect(faults).toEqual([]);
      await tab.context().close();
    }
  });
});

describe('hostile names', () => {
  const hostile = [
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    "' autofocus onfocus='alert(1)",
    '</title></style></script><svg onload=alert(1)>',
    '<!-- <style>*{display:none}</style>',
    'javascript:alert(1)',
    '&lt;b&gt;&#x3c;b>',
    'turned \u202earound and \u2066isolated',
    '\u001b[31mred\u001b[0m \u001b]8;;https://evil.example\u0007link\u0007',
    'שלום-node-1',
    '${alert(1)} {{x}} \u2028 \ud800 \0',
    'x'.repeat(5000),
  ];
  const nodes = hostile.map(
    (text, index): NodeRow => ({
      name: text,
      outcome: index % 2 === 0 ? 'bad' : 'good',
      state: text.slice(0, 60),
      message: text,
      details: [text, text],
      hints: { kubelet: text, os: text, kernel: text, runtime: text, architecture: text },
      next: [{ code: 'a', text, command: text }],
    }),
  );
  const [text = ''] = [hostile.join(' ')];
  const document: Document = {
    ...fleetDocument(nodes),
    command: 'check',
    headline: text,
    message: text,
    notes: [{ code: 'a', text }],
    next: [{ code: 'a', text, command: text }],
    blocks: [
      { kind: 'nodes', nodes, isWide: false },
      ...plain.blocks,
      { kind: 'verbatim', title: text, lines: [text] },
    ],
  };

  // biome-ignore lint/suspicious/noControlCharactersInRegex: what turns text around, or a terminal acts on
  const acting = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

  it('stay text', async () => {
    const { tab, faults } = await open(document);
    expect(await tab.locator('.map a').count()).toBe(nodes.length);
    expect(
      await tab
        .locator('script, img, svg, iframe, object')
        .evaluateAll((all) => all.map(({ tagName }) => tagName)),
    ).toEqual(['SCRIPT']);
    expect(await tab.locator('style').count()).toBe(5);
    const attributes = await tab.evaluate(`[...document.querySelectorAll('*')]
      .flatMap((each) => each.getAttributeNames())
      .filter((name) => /^(on|style|src)/.test(name))`);
    expect(attributes).toEqual([]);
    const links = await tab
      .locator('a')
      .evaluateAll((all) => all.filter((each) => !each.getAttribute('href')?.startsWith('#')).length);
    expect(links).toBe(0);
    const shown = await tab.locator('body').textContent();
    for (const each of hostile.slice(0, 7)) expect(shown).toContain(each);
    expect(await tab.content()).not.toMatch(acting);
    await tab.locator('.map a').first().click();
    expect(await tab.getByRole('dialog').isVisible()).toBe(true);
    await tab.getByRole('radio', { name: 'system' }).check({ force: true });
    expect(await tab.locator('.map a').count()).toBe(nodes.length);
    expect(await tab.evaluate('document.documentElement.scrollWidth')).toBe(1400);
    expect(faults).toEqual([]);
    await tab.context().close();
  });

  it('would not run: the browser refuses what the page does not have itself', async () => {
    const { tab, faults } = await open(document);
    const blocked: (string | undefined)[] = [];
    tab.on('requestfailed', (request) => blocked.push(request.failure()?.errorText));
    const markup =
      '<img src="https://evil.example/x" onerror="alert(1)"><p style="color:red">a</p><style>*{color:red}</style>';
    await tab.evaluate(`document.body.insertAdjacentHTML('beforeend', ${JSON.stringify(markup)})`);
    await tab.evaluate(
      `document.body.append(Object.assign(document.createElement('script'), { textContent: 'alert(1)' }))`,
    );
    const isRefused = (fault: string): boolean => fault.includes('Content Security Policy');
    await expect.poll(() => faults.filter(isRefused).length).toBeGreaterThanOrEqual(4);
    await expect.poll(() => blocked).toEqual(['csp']);
    const others = faults.filter((fault) => !isRefused(fault));
    expect(others).toEqual(['asked for https://evil.example/x']);
    await tab.context().close();
  });
});
