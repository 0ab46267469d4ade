/** Gives the distribution's package the patched util-linux instead of its own. */

import module from '../../../templates/module-package.nix.hbs';
import overlay from '../../../templates/overlay-add.nix.hbs';
import { nixStrategy, patchedPath } from './nix.ts';

export const packageStrategy = nixStrategy({
  obstacle: (planning) => (planning.distribution.package ? null : { why: 'its package takes no util-linux' }),
  module,
  overlay,
  data: ({ distribution }) => ({
    option: distribution.package?.option,
    rewrap: distribution.package?.rewraps,
    gatePath: patchedPath,
  }),
  builds: ({ distribution }) => `It builds ${distribution.package?.builds}.`,
});
