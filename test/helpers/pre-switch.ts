/** A pre-switch check in the program that NixOS makes of it (system/activation/pre-switch-check.nix). */

const strict = 'set -o errexit\nset -o nounset\nset -o pipefail\n';

/** By the release that has it; the first is made by writeShellScript, the others by writeShellApplication. */
export const preSwitchForms: Readonly<Record<string, (check: string) => string>> = {
  '24.11': (check) =>
    `(\n${check}\n)\nif [[ $? != 0 ]]; then\n  echo "Pre-switch check failed"\n  exit 1\nfi\n`,
  '25.05': (check) => `${strict}
# pre-switch check subpath-fix
if ! (
  ${check}
) >&2 ; then
  echo "Pre-switch check 'subpath-fix' failed" >&2
  exit 1
fi
`,
  '26.05': (check) => `${strict}
# pre-switch check subpath-fix
set +e
(
  set -e
  ${check}
) >&2
_rc=$?
set -e
if [ "$_rc" -ne 0 ]; then
  echo "Pre-switch check 'subpath-fix' failed" >&2
  exit 1
fi
`,
};
