/** Logs recorded from a k0s node of test/systemd with Kubernetes 1.32: affected, after the fix, and swept. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { findingsIn, summary } from '../../helpers/diagnosed.ts';
import { root } from '../../helpers/tools.ts';

const recorded = (name: string): Buffer => readFileSync(path.join(root, 'test/fixtures/logs', name));
const api = '9b7a4b9b-9e9c-41f5-b769-d52243d46e18';
const web = 'bcca1120-6a35-4495-a2ff-3e63971f6c04';
const missing = '28c5c0df-206c-43d7-9b9d-a6ab16235740';

const other = 'other shop/missing //- missing-key'.replace('//-', 'null/null/-');
const journal = ['proven shop/api api/settings/0', 'proven shop/web uploads/scratch/0', other];
const events = ['proven shop/api api/settings/0', 'proven shop/web nginx/settings/0', other];
const statuses = [
  'unclear shop/api api/settings/-',
  'unclear shop/web nginx/settings/- uploads/scratch/-',
  other,
];
const held = ['aftermath shop/web nginx/settings/0', other];
const stillHeld = ['unclear shop/web nginx/settings/-', other];
const nameless = (all: string[]): string[] => all.map((each) => each.replace('shop/', ''));

describe('a recorded log', () => {
  it.each<[name: string, found: string[]]>([
    ['affected.journal-short', journal],
    ['affected.journal-json', journal],
    ['affected.journal-export', journal],
    ['affected.describe', events],
    ['affected.events-table', events],
    // Without a column for the namespace.
    ['affected.events-wide', nameless(events)],
    ['affected.events-yaml', events],
    ['affected.events-json', events],
    ['affected.pods-yaml', statuses],
    ['affected.pods-json', statuses],
    ['aftermath.journal-short', held],
    ['aftermath.journal-json', held],
    ['aftermath.journal-export', held],
    ['aftermath.pods-yaml', stillHeld],
    ['aftermath.pods-json', stillHeld],
    ['fixed.journal-short', [other]],
    ['fixed.journal-json', [other]],
    ['fixed.journal-export', [other]],
    ['fixed.describe', []],
  ])('%s', async (name, found) => {
    expect((await findingsIn(recorded(name))).map(summary)).toEqual(found);
  });

  it.each<[form: string, zone: string]>([
    ['short', ''],
    ['json', 'Z'],
    ['export', 'Z'],
  ])('of the journal as %s has the pods, the times and the counts', async (form, zone) => {
    const [first, second, third] = await findingsIn(recorded(`affected.journal-${form}`));
    expect([first, second, third].map((each) => each?.pod?.uid)).toEqual([api, web, missing]);
    expect(first).toMatchObject({
      firstSeen: `2026-11-26T07:52:31${zone}`,
      lastSeen: `2026-11-26T07:53:10${zone}`,
      messages: 14,
      leftoversSince: null,
    });
    expect(first?.signatures).toContainEqual({ id: 'mkdir-file-exists', messages: 8 });
  });

  it.each(['yaml', 'json'])('of events as %s has the times and counts of the events', async (form) => {
    const [first, second] = await findingsIn(recorded(`affected.events-${form}`));
    expect(first).toMatchObject({ firstSeen: '2026-11-26T07:52:31Z', lastSeen: '2026-11-26T07:53:10Z' });
    expect(first?.signatures).toEqual([
      { id: 'mkdir-file-exists', messages: 3 },
      { id: 'prepare-subpath', messages: 2 },
    ]);
    expect(second?.signatures).toContainEqual({ id: 'prepare-subpath', messages: 7 });
  });

  it('that goes on after the fix tells since when only a leftover is in the way', async () => {
    const both = Buffer.concat([recorded('affected.journal-export'), recorded('aftermath.journal-export')]);
    const found = await findingsIn(both);
    expect(found.find(({ pod }) => pod?.uid === web)).toMatchObject({
      strength: 'proven',
      leftoversSince: expect.stringMatching(/^2026-11-26T07:5/),
    });
    expect(found.find(({ pod }) => pod?.uid === api)).toMatchObject({ leftoversSince: null });
  });
});
