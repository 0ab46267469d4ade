/** The report as a page, about nodes whose names and words attack who looks at it. */
import { describe, expect, it } from 'vitest';
import type { Document, NodeRow } from '../../src/report/document.ts';
import { openPage } from '../helpers/browser.ts';
import { fleetDocument, machineDocument } from '../helpers/fleet.ts';

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
      ...machineDocument.blocks,
      { kind: 'verbatim', title: text, lines: [text] },
    ],
  };

  // biome-ignore lint/suspicious/noControlCharactersInRegex: what turns text around, or a terminal acts on
  const acting = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

  it('stay text', async () => {
    const { tab, faults } = await openPage(document);
    expect(await tab.locator('.map a').count()).toBe(nodes.length);
    expect(
      await tab
        .locator('script, img, svg, iframe, object')
        .evaluateAll((all) => all.map(({ tagName }) => tagName)),
    ).toEqual(['SCRIPT', 'SCRIPT']);
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
    const { tab, faults } = await openPage(document);
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
