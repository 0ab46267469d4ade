# The same as evaluate.nix with NixOS's own module system, where <nixpkgs> is there: its options and its lib;
# util-linux and the services' packages are the ones of the tests, so that every variant can be had.
{
  directory,
  distro,
  unit,
  variant ? "bare-2.41",
}:
let
  stub = _: previous: {
    inherit (import ./. { inherit variant; }) util-linux util-linuxMinimal k0s;
  };
  system = import <nixpkgs/nixos/lib/eval-config.nix> {
    system = builtins.currentSystem;
    modules = [
      (
        { lib, pkgs, ... }:
        {
          nixpkgs.overlays = lib.mkBefore [ stub ];
          system.stateVersion = lib.trivial.release;
          boot.isContainer = true;
          systemd.services.${unit} = {
            path = [
              pkgs.kmod
              pkgs.util-linux
            ];
            serviceConfig.ExecStart = "/nix/store/${distro}/bin/${distro}";
          };
        }
        // lib.optionalAttrs (distro == "k0s") {
          options.services.k0s.package = lib.mkOption {
            type = lib.types.package;
            default = pkgs.k0s;
          };
        }
      )
      (/. + directory + "/subpath-fix.nix")
    ];
  };
  inherit (system) config pkgs;
in
{
  environment = builtins.intersectAttrs {
    PATH = null;
    KUBELET_PATH = null;
    LIBMOUNT_FORCE_MOUNT2 = null;
    KUBELET_LIBMOUNT_FORCE_MOUNT2 = null;
  } config.systemd.services.${unit}.environment;
  units = builtins.attrNames config.systemd.services;
  failed = builtins.filter (pkgs.lib.hasPrefix "subpathfix") (
    map (one: one.message) (builtins.filter (one: !one.assertion) config.assertions)
  );
  warnings = builtins.filter (pkgs.lib.hasPrefix "subpathfix") config.warnings;
  wrapper = { inherit (config.security.wrappers.mount) source setuid; };
  checks = builtins.intersectAttrs { subpath-fix = null; } config.system.preSwitchChecks;
  package = null;
  utilLinux = pkgs.util-linux.outPath;
  minimal = pkgs.util-linuxMinimal.outPath;
  patched = if pkgs ? util-linux-subpathfix then pkgs.util-linux-subpathfix.outPath else null;
}
