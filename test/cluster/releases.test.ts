import { describe, expect, test } from 'vitest';
import { ANSWERS, matrix, type Row } from './matrix.ts';

/** The newest releases that can be had, in one combination. `npm run cluster -- matrix` tries them all. */
const NEWEST = { kubernetes: '1.36', containerd: '2', kubectl: ['1.32', '1.36'] } as const;

describe('Kubernetes of today', () => {
  const rows: Row[] = [];

  test('the smoke run says what is true, on a good mount and on an affected one', {
    timeout: 20 * 60_000,
  }, async () => {
    for await (const row of matrix([NEWEST], console.log)) rows.push(row);
    console.table(rows.map(({ because, ...shown }) => shown));
    for (const { kubernetes, containerd } of rows) {
      expect(kubernetes).toMatch(/^v1\.36\./);
      expect(containerd).toMatch(/^v?2\./);
    }
    expect(rows.map(({ mount, truth }) => [mount, truth])).toEqual([
      ['good', 'works'],
      ['good', 'works'],
      ['affected', 'broken'],
      ['affected', 'broken'],
    ]);
    for (const { truth, answer, because } of rows) expect(answer, because).toBe(ANSWERS[truth]);
  });
});
