/** /run/wrappers/bin/mount from the patched util-linux, for CSI drivers that enter the host. */

import module from '../../../templates/module-wrapper.nix.hbs';
import { addsUtilLinux, nixStrategy } from './nix.ts';
import { probeWrapper } from './strategy.ts';

export const wrapper = nixStrategy({
  module,
  overlay: addsUtilLinux,
  data: () => ({ wrapper: true, gatePath: null, option: null, nixpkgsFix: undefined, needsHasFix: false }),
  proof: [probeWrapper],
  warnings({ fixedByNixpkgs, kubeletIsGood, forKubelet }) {
    if (fixedByNixpkgs || kubeletIsGood) return [];
    const text = `This fixes CSI drivers that call mount on the host, and not kubelet. For both: --strategy ${forKubelet} --strategy wrapper`;
    return [{ code: 'kubelet-not-fixed', text }];
  },
});
