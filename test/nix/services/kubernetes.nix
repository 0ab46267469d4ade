# nixpkgs' services.kubernetes.kubelet at a time of its history (services/cluster/kubernetes/kubelet.nix).
era:
{ config, lib, pkgs, ... }:
{
  options.services.kubernetes.kubelet.enable = lib.mkOption { default = false; };
  config.systemd.services = lib.mkIf config.services.kubernetes.kubelet.enable {
    kubelet = {
      path = [
        (if era == "2025-05-22" then pkgs.util-linux.withPatches else pkgs.util-linux)
        pkgs.kmod
      ];
      serviceConfig.ExecStart = "/nix/store/kubernetes/bin/kubelet --kubeconfig=/nix/store/kubelet";
    };
  };
}
