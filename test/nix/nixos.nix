# The options of NixOS that generated modules and the modules of services/ set, declared as NixOS declares them.
{ config, lib, pkgs, types, readOnly, preSwitchChecks, ... }:
let
  service =
    { config, lib, ... }:
    {
      options = {
        enable = lib.mkOption { default = true; };
        description = lib.mkOption { default = ""; };
        onFailure = lib.mkOption { type = types.listOf types.str; };
        path = lib.mkOption { type = types.listOf types.anything; };
        environment = lib.mkOption { type = types.attrsOf types.anything; };
        serviceConfig = lib.mkOption { type = types.attrsOf types.anything; };
        script = lib.mkOption {
          type = types.str;
          default = "";
        };
      };
      config = {
        # NixOS appends its default packages, and makes PATH of all of them.
        path = lib.mkAfter [ pkgs.coreutils ];
        environment.PATH = lib.mkIf (config.path != [ ]) (
          lib.makeBinPath config.path + ":" + lib.makeSearchPathOutput "bin" "sbin" config.path
        );
        serviceConfig = lib.mkIf (config.script != "") { ExecStart = "/nix/store/script"; };
      };
    };
in
{
  options = {
    assertions = lib.mkOption { type = types.listOf types.anything; };
    warnings = lib.mkOption { type = types.listOf types.str; };
    environment.systemPackages = lib.mkOption { type = types.listOf types.package; };
    environment.etc = lib.mkOption { type = types.attrsOf types.str; };
    specialisation = lib.mkOption { default = { }; };
    networking.hostName = lib.mkOption { default = "nixos"; };
    # A system that is given its pkgs can take overlays from one place alone, and that is where pkgs was made.
    nixpkgs.overlays = lib.mkOption {
      type = if readOnly then types.unique (types.listOf types.anything) else types.listOf types.anything;
    };
    system = {
      stateVersion = lib.mkOption { default = "25.05"; };
    }
    // lib.optionalAttrs preSwitchChecks { preSwitchChecks = lib.mkOption { type = types.attrsOf types.str; }; };
    systemd.timers = lib.mkOption { type = types.attrsOf types.anything; };
    systemd.tmpfiles.rules = lib.mkOption { type = types.listOf types.str; };
    systemd.services = lib.mkOption { type = types.attrsOf (types.submodule [ service ]); };
    security.wrappers = lib.mkOption {
      type = types.attrsOf (
        types.submodule [
          {
            options.source = lib.mkOption { type = types.str; };
            options.setuid = lib.mkOption { default = false; };
          }
        ]
      );
    };
  };
  config = {
    nixpkgs.overlays = lib.mkIf readOnly [ ];
    security.wrappers.mount = {
      source = "${lib.getBin pkgs.util-linux}/bin/mount";
      setuid = true;
    };
  };
}
