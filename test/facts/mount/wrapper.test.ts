import { describe, expect, it } from 'vitest';
import { parseWrapper } from '../../../src/facts/mount/wrapper.ts';

describe('a wrapper', () => {
  it.each<[what: string, text: string, expected: ReturnType<typeof parseWrapper>]>([
    [
      'of makeWrapper, as it was',
      `#! /nix/store/x/bin/bash -e\nexport PATH='/nix/store/u/bin'\${PATH:+':'}$PATH\nexec "/nix/store/k/bin/.k0s-wrapped"  "$@" \n`,
      { target: '/nix/store/k/bin/.k0s-wrapped', pathPrefix: ['/nix/store/u/bin'], env: {} },
    ],
    [
      'that sets a variable',
      `#!/bin/sh\nexport LIBMOUNT_FORCE_MOUNT2='always'\nunset LD_LIBRARY_PATH\nexec -a "$0" "/bin/mount" "$@"\n`,
      {
        target: '/bin/mount',
        pathPrefix: [],
        env: { LIBMOUNT_FORCE_MOUNT2: 'always', LD_LIBRARY_PATH: null },
      },
    ],
    [
      'that sets PATH as a whole',
      '#!/bin/sh\nexport PATH="/a:/b"\nexec /bin/mount "$@"\n',
      { target: '/bin/mount', pathPrefix: [], env: { PATH: '/a:/b' } },
    ],
    [
      'with the assignment before exec',
      '#!/bin/sh\nPATH=/a:$PATH X=y exec /bin/mount "$@"\n',
      { target: '/bin/mount', pathPrefix: ['/a'], env: { X: 'y' } },
    ],
    [
      'that appends to PATH',
      '#!/bin/sh\nPATH=$PATH:/a\nexec /bin/mount "$@"\n',
      { target: '/bin/mount', pathPrefix: [], env: {} },
    ],
    ['that is any script', '#!/bin/sh\necho hello\n', null],
    ['whose program is a variable', '#!/bin/sh\nexec "$PROGRAM" "$@"\n', null],
    ['that is no script', 'hello', null],
    ['that is another program', '\u007fELF and nothing of a wrapper', null],
    [
      'of makeBinaryWrapper',
      `\u007fELF\0\0# The C-code\n\nmakeCWrapper '/nix/store/k/bin/.k0s-wrapped' \\\n    --inherit-argv0 \\\n    --set 'A' 'b c' \\\n    --unset 'D' \\\n    --prefix 'PATH' ':' '/u/bin' \\\n    --prefix 'PATH' ':' '/v/bin'\n\n\n# (Use it)\0`,
      {
        target: '/nix/store/k/bin/.k0s-wrapped',
        pathPrefix: ['/v/bin', '/u/bin'],
        env: { A: 'b c', D: null },
      },
    ],
  ])('%s', (_, text, expected) => {
    expect(parseWrapper(Buffer.from(text, 'latin1'))).toEqual(expected);
  });
});
