# The options and the unit of k0s-nix at a time of its history (nixos/k0s.nix).
era:
{ config, lib, pkgs, types, ... }:
let
  cfg = config.services.k0s;
  # Since 2026-01-11 isLeader is an option of controllers, below `controller`; since 2026-08-20 the unit is k0s.
  newLeader = builtins.elem era [ "2026-01" "2026-08" ];
  oldSans = builtins.elem era [ "2025-05" "2025-06" "2025-07" ];
  subcommand = if cfg.role == "worker" then "worker" else "controller";
  unit = if era == "2026-08" then "k0s" else "k0s${subcommand}";
  isLeader = cfg.role == "single" || (if newLeader then cfg.controller.isLeader or false else cfg.isLeader);
in
{
  options.services.k0s = {
    enable = lib.mkOption { default = false; };
    package = lib.mkOption { default = pkgs.k0s; };
    role = lib.mkOption { default = "single"; };
    dataDir = lib.mkOption { default = "/var/lib/k0s"; };
    tokenFile = lib.mkOption { default = "/etc/k0s/k0stoken"; };
    extraArgs = lib.mkOption { default = ""; };
    spec.network.provider = lib.mkOption { default = "kuberouter"; };
    # Without a default they must be set, where they are read: for each role but worker.
    spec.api = {
      address = lib.mkOption { };
      sans = lib.mkOption (lib.optionalAttrs (!oldSans) { default = [ ]; });
    };
  }
  // lib.optionalAttrs (!newLeader) { isLeader = lib.mkOption { default = false; }; }
  // lib.optionalAttrs newLeader {
    controller = lib.optionalAttrs (lib.hasPrefix "controller" cfg.role) {
      isLeader = lib.mkOption { default = false; };
    };
  };
  config = lib.mkIf cfg.enable {
    environment.etc."k0s/k0s.yaml" = lib.optionalString (cfg.role != "worker") (builtins.toJSON cfg.spec);
    systemd.services.${unit} = {
      path = [
        pkgs.kmod
        pkgs.util-linux
        pkgs.mount
      ];
      serviceConfig = {
        KillMode = "process";
        ExecStart =
          "${cfg.package}/bin/k0s ${subcommand} --data-dir=${cfg.dataDir}"
          + lib.optionalString (cfg.role == "single") " --single"
          + lib.optionalString (cfg.role == "controller+worker") " --enable-worker --no-taints"
          + lib.optionalString (!isLeader) " --token-file=${cfg.tokenFile}"
          + " ${cfg.extraArgs}";
      };
    };
  };
}
