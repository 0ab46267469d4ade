# Made from templates/ by scripts/module-fixes.ts: do not edit.
#
# Adds util-linux-subpathfix, a util-linux that binds a Kubernetes subPath correctly. It replaces no package,
# so nothing else is rebuilt. Where util-linux already has the fix, it is util-linux as it is.
final: prev:
let
  inherit (prev) lib;

  # Names under which a package's patches can include the fix for util-linux #3474.
  fixNames = [
    "fix-mount-regression.patch"
    "7dbfe31a83f4"
    "77723beaaaca"
    "util-linux/pull/3479"
  ];
  namesOf =
    patch:
    if builtins.isAttrs patch then
      [
        (patch.name or "")
        (patch.url or "")
      ]
      ++ (patch.urls or [ ])
    else
      [ (baseNameOf (toString patch)) ];
  isFix = patch: lib.any (name: lib.any (fix: lib.hasInfix fix name) fixNames) (namesOf patch);
  hasFix = package: lib.any isFix (lib.toList (package.patches or [ ]));
  isAffected =
    package:
    lib.versionAtLeast package.version "2.41"
    && lib.versionOlder package.version "2.41.1"
    && !(hasFix package);

  # Some packages patch the util-linux that they are given (k3s, since 2025-05-17, and by withPatches since
  # 2025-05-22), and twice the patch does not apply: this one stays as it is.
  once =
    package:
    package
    // {
      withPatches = once package;
      overrideAttrs =
        change:
        once (
          (package.overrideAttrs change).overrideAttrs (previous: {
            patches =
              lib.filter (patch: !(isFix patch)) (previous.patches or [ ])
              ++ lib.filter isFix package.patches;
          })
        );
    };

  # The smaller build has the same mount and compiles much faster.
  original = prev.util-linuxMinimal or prev.util-linux;

  fetched = final.fetchpatch {
    name = "fix-mount-regression.patch";
    url = "https://github.com/util-linux/util-linux/commit/7dbfe31a83f45d5aef2b508697e9511c569ffbc8.patch";
    hash = "sha256-bJqpZiPli5Pm/XpDA445Ab5jesXrlcnaO6e4V0B3rSw=";
  };

  # For a time nixpkgs had the patched build as a passthru; otherwise the same patch comes from upstream.
  patched =
    if original ? withPatches && hasFix original.withPatches then
      original.withPatches
    else
      original.overrideAttrs (previous: {
        patches = (previous.patches or [ ]) ++ [ fetched ];
      });
in
{
  util-linux-subpathfix = (if isAffected original then once patched else original) // {
    # For subpath-fix.nix, which says when it can go.
    subpathfix = {
      inherit hasFix;
      isNeeded = isAffected original || original ? subpathfix;
    };
  };
}
