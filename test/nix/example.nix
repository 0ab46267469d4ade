# Evaluates every system of a configuration in examples/, a flake, a configuration.nix or colmena's hive.nix, with the
# inputs of the tests.
{
  directory,
  distro,
  unit,
  era,
  variant ? "bare-2.41",
}:
let
  lib = import ./lib.nix;
  nixosSystem = { modules, ... }: import ./system.nix { inherit era variant modules; };
  file = name: /. + directory + "/${name}";
  has = name: builtins.pathExists (file name);

  inputs = {
    self = flake;
    nixpkgs.lib = lib // { inherit nixosSystem; };
    k0s-nix = {
      nixosModules.default = ./k0s-nix/nixos/k0s.nix;
      overlays.default = _: _: { };
    };
    subpathfix =
      (import ../../flake.nix).outputs {
        self = inputs.subpathfix;
        nixpkgs.legacyPackages = {
          x86_64-linux = import ./. { };
          aarch64-linux = import ./. { };
        };
      };
    # Its systems are those of nixosConfigurations.
    deploy-rs.lib.x86_64-linux = {
      activate.nixos = system: system.config.systemd.services;
      deployChecks = deploy: builtins.mapAttrs (_: node: node.profiles.system.path ? ${unit}) deploy.nodes;
    };
  };
  flake = (import (file "flake.nix")).outputs inputs;

  # A tarball that is fetched is k0s-nix here.
  imported = builtins.scopedImport { fetchTarball = _: toString ./k0s-nix; };

  hive = imported (file "hive.nix");
  ofHive = builtins.mapAttrs (
    _: node:
    nixosSystem {
      modules = [
        { options.deployment = lib.mkOption { }; }
        hive.defaults
        node
      ];
    }
  ) (removeAttrs hive [ "meta" "defaults" ]);

  systems =
    if has "flake.nix" then
      flake.nixosConfigurations
    else if has "hive.nix" then
      ofHive
    else
      { machine = nixosSystem { modules = [ (imported (file "configuration.nix")) ]; }; };
in
builtins.mapAttrs (
  _:
  { config, ... }:
  {
    failed = map (one: one.message) (lib.filter (one: !one.assertion) config.assertions);
    inherit (config) warnings;
    inherit (config.environment) etc;
    kubelet = import ./kubelet.nix lib config distro unit;
    wrapper = import ./state.nix lib config.security.wrappers.mount.source;
    checks = builtins.attrNames config.system.preSwitchChecks;
    timer = config.systemd.timers.subpathfix-check.timerConfig.OnCalendar or null;
  }
) systems
// lib.optionalAttrs (has "flake.nix" && flake ? checks) { checks = flake.checks.x86_64-linux; }
