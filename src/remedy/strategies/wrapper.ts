/** /run/wrappers/bin/mount from the patched util-linux, for CSI drivers that enter the host. */

import module from '../../../templates/module-wrapper.nix.hbs';
import overlay from '../../../templates/overlay-add.nix.hbs';
import { nixStrategy, patchedPath } from './nix.ts';

export const wrapper = nixStrategy({
  module,
  overlay,
  data: () => ({ gatePath: patchedPath }),
  proof: [
    { text: 'Test the wrapped mount:', commands: ['subpathfix probe --mount /run/wrappers/bin/mount'] },
  ],
  warnings: () => [
    {
      code: 'kubelet-not-fixed',
      text: 'This fixes CSI drivers that call mount on the host. kubelet needs its own fix, in another directory: subpathfix generate --out kubelet-fix',
    },
  ],
});
