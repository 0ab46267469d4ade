# A set of packages with the few that generated files name, in the shape that nixpkgs gives them: outputs,
# override and overrideAttrs that survive each other, passthru, overlays as a fixed point.
{
  system ? "x86_64-linux",
  config ? { },
  overlays ? [ ],
  variant ? "bare-2.41",
}:
let
  lib = import ./lib.nix;

  # What `patches` and `version` a util-linux has; withPatches is null where there is none.
  variants = {
    "bare-2.41" = {
      version = "2.41";
      patches = [ ./rtcwake.patch ];
    };
    "with-patches" = {
      version = "2.41";
      patches = [ ./rtcwake.patch ];
      withPatches = [ ./fix-mount-regression.patch ];
    };
    "with-other-patches" = {
      version = "2.41";
      patches = [ ./rtcwake.patch ];
      withPatches = [ ./unrelated.patch ];
    };
    "patched-2.41" = {
      version = "2.41";
      patches = [
        ./rtcwake.patch
        ./fix-mount-regression.patch
      ];
    };
    "fetched-2.41" = {
      version = "2.41";
      patches = [
        {
          name = "libmount.patch";
          url = "https://github.com/util-linux/util-linux/commit/77723beaaaca654f72ac9538772e69fbafa8835d.patch";
        }
      ];
    };
    "fixed-2.41.1" = {
      version = "2.41.1";
      patches = [ ./rtcwake.patch ];
    };
    "older-2.40.4" = {
      version = "2.40.4";
      patches = [ ./rtcwake.patch ];
    };
  };

  patchName = patch: if builtins.isAttrs patch then "fetched-${patch.name}" else baseNameOf (toString patch);

  mkDerivation =
    attributes:
    let
      given = if lib.isFunction attributes then attributes final else attributes;
      patches = given.patches or [ ];
      suffix = lib.concatStringsSep "+" (map patchName patches);
      store = "/nix/store/${given.pname}-${given.version}${if suffix == "" then "" else "+" + suffix}";
      outputs = builtins.listToAttrs (
        map (output: {
          name = output;
          value = {
            type = "derivation";
            outPath = "${store}-${output}";
          };
        }) (given.outputs or [ ])
      );
      final =
        given
        // outputs
        // (given.passthru or { })
        // {
          type = "derivation";
          name = "${given.pname}-${given.version}";
          outPath = store;
          overrideAttrs =
            change:
            mkDerivation (
              self:
              let
                previous = if lib.isFunction attributes then attributes self else attributes;
              in
              previous // change previous
            );
        };
    in
    final;

  # A function of named arguments that can be called again, also after overrideAttrs.
  makeOverridable =
    function: arguments:
    let
      result = function arguments;
    in
    result
    // {
      override = {
        __functor = _: changed: makeOverridable function (arguments // changed);
        __functionArgs = builtins.functionArgs function;
      };
    }
    // (
      if result ? overrideAttrs then
        {
          overrideAttrs =
            change:
            makeOverridable {
              __functor = _: arguments: (function arguments).overrideAttrs change;
              __functionArgs = builtins.functionArgs function;
            } arguments;
        }
      else
        { }
    );

  base = final: {
    inherit lib;
    path = ./.;
    stdenv.hostPlatform.system = system;

    # As in nixpkgs, what fetches a patch is built with util-linux in its closure.
    fetchpatch =
      { name, url, hash }:
      builtins.seq final.util-linux.outPath {
        type = "derivation";
        inherit name url hash;
        outPath = "/nix/store/${name}";
      };
    util-linux = makeOverridable (
      { minimal ? false }:
      let
        this = variants.${variant};
      in
      mkDerivation (self: {
        pname = if minimal then "util-linux-minimal" else "util-linux";
        inherit (this) version patches;
        outputs = [
          "bin"
          "dev"
          "out"
          "lib"
          "man"
          "mount"
        ];
        passthru =
          if this ? withPatches then
            { withPatches = self.overrideAttrs (previous: { patches = previous.patches ++ this.withPatches; }); }
          else
            { };
      })
    ) { };
    util-linuxMinimal = final.util-linux.override { minimal = true; };
    coreutils = mkDerivation {
      pname = "coreutils";
      version = "9.7";
    };
    kmod = mkDerivation {
      pname = "kmod";
      version = "31";
      outputs = [ "bin" ];
    };
    makeWrapper = mkDerivation {
      pname = "make-wrapper";
      version = "1";
    };
    writeShellScript = name: text: builtins.toFile name "#!/bin/sh\n${text}";
    symlinkJoin =
      { name, paths, ... }@arguments:
      arguments
      // {
        type = "derivation";
        outPath = "/nix/store/${name}";
      };
    k0s = mkDerivation {
      pname = "k0s";
      version = "1.33.1";
    };
    k3s = makeOverridable (
      { util-linux }:
      mkDerivation {
        pname = "k3s";
        version = "1.32.4";
        inherit util-linux;
      }
    ) { inherit (final) util-linux; };
    rke2 = makeOverridable (
      { util-linux, procps ? null }:
      mkDerivation {
        pname = "rke2";
        version = "1.32.4";
        inherit util-linux;
      }
    ) { inherit (final) util-linux; };
  };

  extend =
    previous: overlay: final:
    let
      before = previous final;
    in
    before // overlay final before;
  final = (builtins.foldl' extend base overlays) final;
in
final
