# A set of packages with the few that generated files and the modules of the tests name. `era` says how nixpkgs
# built k3s and rke2, and k0s-nix k0s; services/ has the modules of that time.
{
  system ? "x86_64-linux",
  # The platform that packages are for, where it is another.
  host ? system,
  config ? { },
  overlays ? [ ],
  variant ? "bare-2.41",
  era ? null,
}:
let
  lib = import ./lib.nix;
  utilLinux = (import ./variants.nix).${variant};

  stdenv = {
    type = "derivation";
    outPath = "/nix/store/stdenv-${variant}";
    buildPlatform.system = system;
    hostPlatform.system = host;
  };
  inherit (import ./derivation.nix { inherit lib stdenv; }) makeOverridable mkDerivation;

  base = final: {
    inherit lib stdenv;
    stdenvNoCC = stdenv // {
      mkDerivation =
        attributes:
        mkDerivation (attributes // { pname = attributes.name; version = "0"; });
      outPath = "/nix/store/stdenv-no-cc-${variant}";
    };
    path = ./.;
    buildPackages = final;
    callPackage =
      file: arguments:
      let
        function = import file;
      in
      function (builtins.intersectAttrs (builtins.functionArgs function) final // arguments);

    # As in nixpkgs, what fetches a patch is built with util-linux in its closure.
    fetchpatch =
      { name, url, hash }:
      builtins.seq final.util-linux.outPath {
        type = "derivation";
        inherit name url hash system;
        outPath = "/nix/store/${name}";
      };
    util-linux = makeOverridable (
      { minimal ? false }:
      mkDerivation (self: {
        pname = if minimal then "util-linux-minimal" else "util-linux";
        inherit (utilLinux) version patches;
        outputs = [
          "bin"
          "dev"
          "out"
          "lib"
          "man"
          "mount"
        ];
        # Of the final package, as nixpkgs had it: patched again, it has the patch twice.
        passthru = lib.optionalAttrs (utilLinux ? withPatches) {
          withPatches = self.overrideAttrs (previous: { patches = previous.patches ++ utilLinux.withPatches; });
        };
      })
    ) { };
    util-linuxMinimal = final.util-linux.override { minimal = true; };
    # unixtools: links to the program of util-linux.
    mount = mkDerivation {
      pname = "mount-util-linux";
      inherit (final.util-linux) version patches;
    };
    coreutils = mkDerivation {
      pname = "coreutils";
      version = "9.7";
    };
    kmod = mkDerivation {
      pname = "kmod";
      version = "31";
      outputs = [ "bin" ];
    };
    findutils = mkDerivation {
      pname = "findutils";
      version = "4.10";
    };
    nodejs = mkDerivation {
      pname = "nodejs";
      version = "24.0.0";
    };
    shellcheck = mkDerivation {
      pname = "shellcheck";
      version = "0.10";
    };
    runtimeShell = "/nix/store/bash/bin/bash";
    cni-plugins = mkDerivation {
      pname = "cni-plugins";
      version = "1";
    };
    pkgsStatic.busybox = mkDerivation {
      pname = "busybox";
      version = "1";
    };
    dockerTools.buildImage =
      { name, tag, copyToRoot, config }:
      mkDerivation {
        pname = baseNameOf name;
        version = tag;
      };
    # A NixOS for each node, and one for each of its specialisations; the script is text, and nothing runs it.
    testers.runNixOSTest =
      { name, nodes, testScript }:
      let
        nixos =
          modules:
          (import ./system.nix {
            inherit variant;
            era = "2026-08";
            modules = [ { options.virtualisation = lib.mkOption { }; } ] ++ modules;
          }).config;
      in
      {
        inherit name testScript;
        nodes = builtins.mapAttrs (
          _: node:
          let
            base = nixos [ node ];
          in
          {
            inherit base;
            specialisations = builtins.mapAttrs (
              _: given: nixos [ node given.configuration ]
            ) base.specialisation;
          }
        ) nodes;
      };
    mkShell = arguments: mkDerivation ({ pname = "shell"; version = "0"; } // arguments);
    buildNpmPackage = mkDerivation;
    # As nixpkgs does, it needs every package that the lock has a hash of.
    importNpmLock = {
      npmConfigHook = "npm-config-hook";
      __functor =
        _:
        { packageSourceOverrides, packageLock, ... }:
        builtins.deepSeq (builtins.mapAttrs (_: source: source.outPath) packageSourceOverrides) (
          mkDerivation {
            pname = "npm-deps";
            version = packageLock.version;
          }
        );
    };
    makeWrapper = mkDerivation {
      pname = "make-wrapper";
      version = "1";
    };
    writeText = name: text: derivation {
      inherit name text system;
      builder = "none";
    };
    writeShellScript = name: text: builtins.toFile name "#!/bin/sh\n${builtins.unsafeDiscardStringContext text}";
    symlinkJoin =
      { name, paths, passthru ? { }, ... }@arguments:
      arguments
      // passthru
      // {
        type = "derivation";
        stdenv = final.stdenvNoCC;
        inherit (mkDerivation {
          pname = name;
          version = "0";
        })
          outPath
          ;
      };
  }
  // import ./clusters.nix { inherit era final lib makeOverridable mkDerivation; };

  extend =
    previous: overlay: final:
    let
      before = previous final;
    in
    before // overlay final before;
  make =
    overlays:
    let
      final = (builtins.foldl' extend base overlays) final // {
        extend = overlay: make (overlays ++ [ overlay ]);
      };
    in
    final;
in
make overlays
