let
  # The repository that this example is in: put a fetchTarball of it here.
  subpathfix = ../..;
  # Since 2026-08-20 the unit of k0s-nix is called k0s, as the module expects.
  k0s-nix = fetchTarball "https://github.com/nix-community/k0s-nix/archive/5d35844e711673fabced9eb689bf5d1b13f1628d.tar.gz";
  worker = host: {
    deployment.targetHost = host;
    deployment.tags = [ "k0s" ];
    services.k0s.role = "worker";
  };
in
{
  meta.nixpkgs = <nixpkgs>;

  defaults =
    { pkgs, ... }:
    {
      imports = [
        "${k0s-nix}/nixos/k0s.nix"
        "${toString subpathfix}/nix/module.nix"
      ];
      services.k0s.enable = true;
      services.k0s.package = (pkgs.callPackage "${k0s-nix}/k0s/default.nix" { }).k0s_1_35;
      services.subpathfix = {
        enable = true;
        fix.enable = true;
        # A node whose new system does not bind a subPath keeps the one that it has.
        gate.enable = true;
        check.timer = "hourly";
      };
    };

  control = {
    deployment.targetHost = "control.example.org";
    deployment.tags = [ "k0s" ];
    services.k0s.role = "controller+worker";
    services.k0s.controller.isLeader = true;
    services.k0s.spec.api.address = "192.0.2.1";
  };
  worker1 = worker "worker1.example.org";
  worker2 = worker "worker2.example.org";
}
