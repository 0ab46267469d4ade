# services.subpathfix in the NixOS of a nixpkgs. `npm test` evaluates far more of it, in a stand-in for NixOS.
{ pkgs }:
let
  inherit (pkgs) lib;
  nixos =
    pkgs: modules:
    (import (pkgs.path + "/nixos/lib/eval-config.nix") {
      inherit pkgs;
      system = null;
      modules = [ ../module.nix ] ++ modules;
    }).config;

  # Only their evaluation counts.
  withVersion =
    version:
    pkgs.extend (
      _: prev: {
        util-linux = prev.util-linux.overrideAttrs (_: {
          inherit version;
          patches = [ ];
        });
        util-linuxMinimal = prev.util-linuxMinimal.overrideAttrs (_: {
          inherit version;
          patches = [ ];
        });
      }
    );
  affected = withVersion "2.41";
  fixed = withVersion "2.41.1";

  user.services.subpathfix = {
    enable = true;
    fix.enable = true;
    gate.enable = true;
    check.timer = "hourly";
  };
  nodes = {
    k3s.services.k3s.enable = true;
    rke2.services.rke2.enable = true;
  };
  fixOf = pkgs: (import ../fixes/overlay.nix pkgs pkgs).util-linux-subpathfix;

  failed =
    config:
    map (each: each.message) (
      lib.filter (each: !each.assertion && lib.hasInfix "subpathfix" each.message) config.assertions
    );
  results = lib.mapAttrs (
    name: node:
    let
      here = nixos affected [ node user ];
      bin = "${lib.getBin (fixOf affected)}/bin";
      without = nixos fixed [ node ];
      unneeded = nixos fixed [ node user ];
      unit = if name == "k3s" then "k3s" else "rke2-server";
      started = config: config.systemd.services.${unit}.serviceConfig.ExecStart;
    in
    {
      failed = failed here;
      gate = lib.hasInfix (builtins.unsafeDiscardStringContext bin) (
        builtins.unsafeDiscardStringContext here.system.preSwitchChecks.subpath-fix
      );
      nothing =
        started without == started unneeded
        && without.systemd.services.${unit}.environment == unneeded.systemd.services.${unit}.environment;
      timer = here.systemd.timers.subpathfix-check.timerConfig.OnCalendar;
    }
  ) nodes;
  expected = lib.mapAttrs (_: _: {
    failed = [ ];
    gate = true;
    nothing = true;
    timer = "hourly";
  }) nodes;
in
if results == expected then
  pkgs.writeText "subpathfix-module" "ok"
else
  throw "services.subpathfix: ${builtins.toJSON results}"
