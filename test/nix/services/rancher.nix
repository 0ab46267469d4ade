# nixpkgs' modules of k3s and rke2, which have had one source since 2025 (services/cluster/rancher).
{ config, lib, pkgs, ... }:
let
  service = name: {
    options.services.${name} = {
      enable = lib.mkOption { default = false; };
      package = lib.mkOption { default = pkgs.${name}; };
      role = lib.mkOption { default = "server"; };
    };
  };
  started = name: unit: lib.mkIf config.services.${name}.enable {
    ${unit} = {
      path = [ ];
      serviceConfig = {
        KillMode = "process";
        ExecStart = "${config.services.${name}.package}/bin/${name} ${config.services.${name}.role}";
      };
    };
  };
in
{
  options.services = (service "k3s").options.services // (service "rke2").options.services;
  config.systemd.services = lib.mkMerge [
    (started "k3s" "k3s")
    (started "rke2" "rke2-${config.services.rke2.role}")
  ];
}
