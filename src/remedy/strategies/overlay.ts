/** Replaces util-linux with a fixed one in the whole system. */

import module from '../../../templates/module-overlay.nix.hbs';
import overlayFile from '../../../templates/overlay-replace.nix.hbs';
import { nixStrategy } from './nix.ts';

export const overlay = nixStrategy({
  module,
  overlay: overlayFile,
  data: ({ distribution }) => ({
    utilLinuxVersion: 'pkgs.util-linux.version',
    overlaid: distribution.package !== undefined,
    nixpkgsFix: undefined,
  }),
  builds: () =>
    'It is a mass rebuild: nearly every package depends on util-linux. Expect hours, or use a build farm.',
  warnings({ system: { distribution, packageWrapped } }) {
    if (packageWrapped === 'no') return [];
    const text = `A ${distribution} package from another nixpkgs keeps its own util-linux; this overlay does not reach it.`;
    return [{ code: 'other-nixpkgs', text }];
  },
});
