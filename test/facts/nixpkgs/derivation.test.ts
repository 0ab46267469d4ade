import { describe, expect, it } from 'vitest';
import { parseDerivation } from '../../../src/facts/nixpkgs/derivation.ts';

const hash = 'a'.repeat(32);

describe('the derivation of util-linux', () => {
  const env = (more: Record<string, string>) => ({
    env: {
      version: '2.41',
      patches: `/nix/store/${hash}-a.patch /nix/store/${hash}-fix-mount-regression.patch`,
      ...more,
    },
  });
  const drv = `/nix/store/${hash}-util-linux-2.41.drv`;

  it.each<[what: string, text: string, names: string[] | null]>([
    ['as nix prints it', JSON.stringify({ [drv]: env({}) }), ['a.patch', 'fix-mount-regression.patch']],
    [
      'as newer ones do',
      JSON.stringify({ derivations: { [drv]: env({}) }, version: 4 }),
      ['a.patch', 'fix-mount-regression.patch'],
    ],
    [
      'after a warning',
      `warning: a thing\n${JSON.stringify({ [drv]: env({}) })}`,
      ['a.patch', 'fix-mount-regression.patch'],
    ],
    ['without patches', JSON.stringify({ [drv]: env({ patches: '' }) }), []],
    ['without a version', JSON.stringify({ [drv]: { env: { patches: '' } } }), null],
    ['of another year', JSON.stringify({ [drv]: { structured: {} } }), null],
    ['cut off', '{"/nix/store', null],
    ['that is nothing', '', null],
    ['that is null', 'null', null],
  ])('%s', (_, text, names) => {
    expect(parseDerivation(text)?.patches.map(({ name }) => name) ?? null).toEqual(names);
  });
});
