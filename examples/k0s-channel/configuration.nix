{ pkgs, ... }:
let
  # Since 2026-08-20 the unit of k0s-nix is called k0s, hence --unit k0s.
  k0s-nix = fetchTarball "https://github.com/nix-community/k0s-nix/archive/5d35844e711673fabced9eb689bf5d1b13f1628d.tar.gz";
in
{
  imports = [
    ./hardware-configuration.nix
    "${k0s-nix}/nixos/k0s.nix"
    ./fix/subpath-fix.nix
  ];

  services.k0s = {
    enable = true;
    role = "controller+worker";
    controller.isLeader = true;
    spec.api.address = "192.0.2.1";
    package = (pkgs.callPackage "${k0s-nix}/k0s/default.nix" { }).k0s_1_35;
  };
}
