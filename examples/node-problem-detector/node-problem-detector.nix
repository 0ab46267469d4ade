# node-problem-detector as a service of the node, with this plugin. Put dist/ of subpathfix beside this file.
{ config, pkgs, ... }:
let
  directory = "node-problem-detector";
  # kubelet's: it may write the conditions of its own node, and of no other. This is where k0s has it; k3s:
  # /var/lib/rancher/k3s/agent/kubelet.kubeconfig, services.kubernetes: /etc/kubernetes/…, as kubelet's command line says.
  kubeconfig = "/var/lib/k0s/kubelet.conf";
in
{
  environment.etc = {
    "${directory}/subpath-mount.json".source = ./subpath-mount.json;
    "${directory}/subpath-mount.sh" = {
      source = ./subpath-mount.sh;
      mode = "0555";
    };
    "${directory}/subpathfix".source = ./dist;
  };

  systemd.services.node-problem-detector = {
    description = "node-problem-detector";
    wantedBy = [ "multi-user.target" ];
    after = [ "network-online.target" ];
    wants = [ "network-online.target" ];
    # node for the plugin; unshare and setpriv for check, which does not take mount from here but from kubelet.
    path = [
      pkgs.nodejs
      pkgs.util-linux
    ];
    serviceConfig = {
      # As root, and without PrivateTmp and its like: check looks at kubelet and at the mounts of the node.
      ExecStart = builtins.concatStringsSep " " [
        "${pkgs.node-problem-detector}/bin/nodeproblemdetector"
        "--config.custom-plugin-monitor=/etc/${directory}/subpath-mount.json"
        "--hostname-override=${config.networking.hostName}"
        "--apiserver-override=?inClusterConfig=false&auth=${kubeconfig}"
      ];
      Restart = "on-failure";
      RestartSec = 10;
    };
  };
}
