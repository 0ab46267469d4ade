/** The patched util-linux first in the PATH of kubelet's unit. */

import module from '../../../templates/module-path.nix.hbs';
import { wrapped } from '../../text/table.ts';
import { addsUtilLinux, nixStrategy } from './nix.ts';

export const path = nixStrategy({
  obstacle({ distribution, system: { packageWrapped } }) {
    if (packageWrapped === 'no' || distribution.componentPath) return null;
    const puts = packageWrapped === 'yes' ? 'puts' : 'may put';
    return {
      why: `its package ${puts} its own util-linux in front of the unit's PATH`,
      unless: '--package-wrapped no if it does not',
    };
  },
  module,
  overlay: addsUtilLinux,
  data({ distribution, system }) {
    const why = distribution.componentPath?.[system.packageWrapped];
    return { componentPath: why && wrapped(why, 95, '', '') };
  },
});
