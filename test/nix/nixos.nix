# The options of NixOS that generated modules set, declared as NixOS declares them, with a cluster's service.
{
  pkgs,
  lib,
  types,
  distro,
  unit,
}:
let
  service =
    { config, lib, ... }:
    {
      options = {
        path = lib.mkOption { type = types.listOf types.anything; };
        environment = lib.mkOption { type = types.attrsOf types.str; };
        serviceConfig = lib.mkOption { type = types.attrsOf types.anything; };
        script = lib.mkOption {
          type = types.str;
          default = "";
        };
      };
      config = {
        # NixOS appends its default packages, and makes PATH of all of them.
        path = lib.mkAfter [ pkgs.coreutils ];
        environment.PATH =
          lib.makeBinPath config.path + ":" + lib.makeSearchPathOutput "bin" "sbin" config.path;
        serviceConfig = lib.mkIf (config.script != "") { ExecStart = "/nix/store/script"; };
      };
    };
  packageOption = default: lib.mkOption {
    type = types.anything;
    inherit default;
  };
in
{ config, ... }:
{
  options = {
    assertions = lib.mkOption { type = types.listOf types.anything; };
    warnings = lib.mkOption { type = types.listOf types.str; };
    nixpkgs.overlays = lib.mkOption { type = types.listOf types.anything; };
    system.preSwitchChecks = lib.mkOption { type = types.attrsOf types.str; };
    systemd.services = lib.mkOption { type = types.attrsOf (types.submodule [ service ]); };
    security.wrappers = lib.mkOption {
      type = types.attrsOf (
        types.submodule [
          {
            options.source = lib.mkOption { type = types.str; };
            options.setuid = lib.mkOption {
              type = types.anything;
              default = false;
            };
          }
        ]
      );
    };
    services = {
      k0s.package = packageOption pkgs.k0s;
      k3s.package = packageOption pkgs.k3s;
      rke2.package = packageOption pkgs.rke2;
    };
  };
  config = {
    security.wrappers.mount = {
      source = "${lib.getBin pkgs.util-linux}/bin/mount";
      setuid = true;
    };
    systemd.services.${unit} = {
      path = [
        pkgs.kmod
        pkgs.util-linux
      ];
      serviceConfig.ExecStart =
        if distro == "kubernetes" then
          "/nix/store/kubernetes/bin/kubelet"
        else
          "${config.services.${distro}.package}/bin/${distro}";
    };
  };
}
