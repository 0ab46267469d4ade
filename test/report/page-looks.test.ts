/** The report as a page, as a checker of accessibility sees it, on small and large screens, in light and dark. */
import path from 'node:path';
import axe from 'axe-core';
import { describe, expect, it } from 'vitest';
import type { Document } from '../../src/report/document.ts';
import { openPage, pictures } from '../helpers/browser.ts';
import { fleet, fleetDocument, machineDocument } from '../helpers/fleet.ts';

const large = fleet(5000);
/** A few of each verdict: how long it takes to look at a page grows with it. */
const ofEach = (['bad', 'failed', 'unknown', 'skipped', 'good'] as const).flatMap((outcome) =>
  large.filter((node) => node.outcome === outcome).slice(0, 8),
);

describe.each(['light', 'dark'] as const)('in %s', (colorScheme) => {
  it.each<[string, Document]>([
    ['many nodes', fleetDocument(ofEach)],
    ['one machine', machineDocument],
  ])('axe finds nothing against a page about %s', async (what, document) => {
    for (const width of [400, 1400]) {
      const { tab, faults } = await openPage(document, { colorScheme, viewport: { width, height: 1000 } });
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
