# Evaluates a generated module in a system, and says what it came to.
{
  directory,
  distro,
  unit,
  variant ? "bare-2.41",
}:
let
  lib = import ./lib.nix;
  modules = import ./modules.nix lib;
  config = modules.evalModules {
    modules = [
      (
        { pkgs, lib, config, ... }:
        import ./nixos.nix {
          inherit pkgs lib distro unit;
          inherit (modules) types;
        } { inherit config; }
      )
      (/. + directory + "/subpath-fix.nix")
    ];
    arguments = config: { pkgs = import ./. { inherit variant; inherit (config.nixpkgs) overlays; }; };
  };
  pkgs = import ./. { inherit variant; inherit (config.nixpkgs) overlays; };
  package = if distro == "kubernetes" then null else config.services.${distro}.package;
in
{
  environment = config.systemd.services.${unit}.environment;
  units = builtins.attrNames config.systemd.services;
  failed = map (one: one.message) (builtins.filter (one: !one.assertion) config.assertions);
  inherit (config) warnings;
  wrapper = config.security.wrappers.mount;
  checks = config.system.preSwitchChecks;
  package =
    if package == null then
      null
    else
      {
        inherit (package) name;
        utilLinux = if package ? util-linux then package.util-linux.outPath else null;
        postBuild = package.postBuild or null;
      };
  utilLinux = pkgs.util-linux.outPath;
  minimal = pkgs.util-linuxMinimal.outPath;
  patched = if pkgs ? util-linux-subpathfix then pkgs.util-linux-subpathfix.outPath else null;
}
