{ pkgs, ... }:
let
  k0s-nix = fetchTarball "https://github.com/nix-community/k0s-nix/archive/main.tar.gz";
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
    isLeader = true;
    package = (pkgs.callPackage "${k0s-nix}/k0s/default.nix" { }).k0s_1_33;
  };
}
