/** Gives the distribution's package the patched util-linux instead of its own. */

import module from '../../../templates/module-package.nix.hbs';
import { addsUtilLinux, nixStrategy, patchedPath } from './nix.ts';

export const packageStrategy = nixStrategy({
  obstacle: (planning) => (planning.distribution.package ? null : { why: 'its package takes no util-linux' }),
  module,
  overlay: addsUtilLinux,
  data: ({ distribution }) => ({
    rewrap: distribution.package?.rewraps,
    componentVariable: distribution.componentPath !== undefined,
    needsHasFix: true,
    gatePath: patchedPath,
  }),
  builds({ distribution, wrapper }) {
    const compiles = distribution.package?.rewraps === undefined && !wrapper;
    return `It builds ${distribution.package?.builds}.${compiles ? ' --strategy env builds nothing.' : ''}`;
  },
});
