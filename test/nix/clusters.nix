# k0s, k3s and rke2 as they were built at a time. `prefix`: the packages whose directories the wrapper puts in
# front of PATH. Sources: k0s-nix (k0s/default.nix, k0s/source.nix); nixpkgs (k3s' and rke2's builder.nix).
{
  era,
  final,
  lib,
  makeOverridable,
  mkDerivation,
}:
let
  fix = final.fetchpatch {
    name = "fix-mount-regression.patch";
    url = "https://github.com/util-linux/util-linux/commit/7dbfe31a83f45d5aef2b508697e9511c569ffbc8.patch";
    hash = "";
  };
  k3sWith =
    utilLinux:
    mkDerivation rec {
      pname = "k3s";
      version = "1.32.4";
      k3sRuntimeDeps = [
        final.kmod
        utilLinux
      ];
      buildInputs = map (package: package.dev or package) k3sRuntimeDeps;
      prefix = k3sRuntimeDeps;
    };
in
{
  # It has no `override`: k0s-nix makes all its packages by one callPackage.
  k0s = mkDerivation {
    pname = "k0s";
    version = "1.33.1";
    prefix =
      if era == "2025-05" then
        [ ]
      else if era == "2025-06" then
        [ final.util-linuxMinimal.withPatches ]
      else
        [ final.util-linuxMinimal ];
  };
  k0s-source = mkDerivation {
    pname = "k0s-source";
    version = "1.36.3";
    stdenv = final.stdenvNoCC;
    prefix = [ final.util-linuxMinimal ];
  };
  k3s =
    if era == "2025-05-17" then
      makeOverridable (
        { util-linuxMinimal }:
        k3sWith (util-linuxMinimal.overrideAttrs (prev: { patches = prev.patches or [ ] ++ [ fix ]; }))
      ) { inherit (final) util-linuxMinimal; }
    else if era == "2025-05-22" then
      makeOverridable ({ util-linuxMinimal }: k3sWith util-linuxMinimal.withPatches) {
        inherit (final) util-linuxMinimal;
      }
    else
      makeOverridable ({ util-linux }: k3sWith util-linux) { inherit (final) util-linux; };
  rke2 = makeOverridable (
    { util-linux, procps ? null }:
    mkDerivation rec {
      pname = "rke2";
      version = "1.32.4";
      buildInputs = [ (util-linux.dev or util-linux) ];
      prefix = [ util-linux ];
    }
  ) { inherit (final) util-linux; };
}
