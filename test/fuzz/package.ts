/** The facts in the text of a package.nix, as it comes from the network: what it imports is not there. */
import { advisory } from '../../src/advisory/index.ts';
import { NotUnderstood } from '../../src/facts/fact.ts';
import type { NixpkgsFacts } from '../../src/facts/facts.ts';
import { factsIn } from '../../src/facts/nixpkgs/read.ts';

export function factsInText(source: string): Promise<NixpkgsFacts> {
  const [path = ''] = advisory.nixpkgs.files;
  const load = async (target: string): Promise<string> => {
    throw new NotUnderstood(`${target} is not there`);
  };
  return factsIn({ path, where: 'http://a/package.nix', source, load }, 'a'.repeat(40), advisory);
}
