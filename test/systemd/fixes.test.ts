/** Generated fixes on a NixOS of the tests: a fresh pod shows whether kubelet's mount works, before and after. */
import { expect, test } from 'vitest';
import type { StrategyName } from '../../src/distributions/distribution.ts';
import { fixFor } from '../helpers/cases.ts';
import { nodesOfTest } from './fixture.ts';
import { install } from './install.ts';
import { installNixos } from './nixos.ts';
import { AFFECTED, GOOD, truth } from './truth.ts';
import { VARIANTS, type Variant } from './variants.ts';

const start = nodesOfTest();
const wrapped = { ...VARIANTS['k0s-unit'], wrapper: 'affected' } satisfies Variant;

test.each<[strategies: StrategyName[], variant: Variant]>([
  [['path', 'wrapper'], wrapped],
  [['package'], wrapped],
])('%j', async (strategies, variant) => {
  const node = await start();
  const kubernetes = await install(node, variant);
  await installNixos(kubernetes, { nixpkgs: 'bare-2.41', storePath: true });
  expect(await truth(kubernetes)).toEqual(AFFECTED);

  const { files } = fixFor({
    ...{ strategies, gate: true, distribution: 'k0s', role: 'single' },
    ...{ unit: variant.unit, packageWrapped: 'yes' },
  });
  for (const { path, content } of files) await node.writeFile(`/etc/nixos/${path}`, content);
  await node.run(['nixos-rebuild', 'switch']);
  await kubernetes.untilReady();
  expect(await truth(kubernetes)).toEqual(GOOD);
});
