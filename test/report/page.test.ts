/** The report as a page, in a real browser: what a person sees, reaches and can do, with a script and without. */
import path from 'node:path';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import type { NodeRow } from '../../src/report/document.ts';
import { page } from '../../src/report/formats/html/page.ts';
import { openPage, pictures } from '../helpers/browser.ts';
import { fleet, fleetDocument } from '../helpers/fleet.ts';

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
    const { tab, faults } = await openPage(fleetDocument(large));
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
    const { tab, faults } = await openPage(fleetDocument(some));
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
    const { tab } = await openPage(fleetDocument(some));
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
    const { tab } = await openPage(fleetDocument(some));
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
    const { tab, faults } = await openPage(fleetDocument(some), { javaScriptEnabled: false });
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
    const { tab } = await openPage(fleetDocument(some), { javaScriptEnabled: false });
    await tab.emulateMedia({ media: 'print' });
    const closed = tab.locator('.members:not([open]) [id^=n]');
    expect(await closed.count()).toBeGreaterThan(0);
    expect(await closed.first().isVisible()).toBe(true);
    await tab.context().close();
  });
});
