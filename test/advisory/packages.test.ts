import { expect, it } from 'vitest';
import { compareRevisions } from '../../src/advisory/packages.ts';

it.each<[left: string, right: string, order: number]>([
  ['2.41-3', '2.41-4', -1],
  ['2.41-10', '2.41-4', 1],
  ['2.41-4', '2.41-4', 0],
  ['2.41~rc1-1', '2.41-1', -1],
  ['2.41-4~bpo12+1', '2.41-4', -1],
  ['2.41-4+b1', '2.41-4', 1],
  ['2.41-4ubuntu1', '2.41-4', 1],
  ['2.41-3ubuntu9', '2.41-4', -1],
  ['2.41.1-1', '2.41-9', 1],
  ['2.41', '2.41-1', -1],
  ['2.41-4.1', '2.41-4', 1],
  ['2.041-4', '2.41-4', 0],
])('%s beside %s, as dpkg orders them', (left, right, order) => {
  expect(Math.sign(compareRevisions(left, right))).toBe(order);
  expect(Math.sign(compareRevisions(right, left))).toBe(-order || 0);
});
