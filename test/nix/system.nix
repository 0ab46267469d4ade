# A NixOS of the tests, from a user's modules: what lib.nixosSystem is to NixOS.
{
  modules,
  variant ? "bare-2.41",
  era ? null,
  # How the modules get pkgs: made by NixOS, "read-only" (nixosModules.readOnlyPkgs), or "special" (specialArgs).
  pkgsFrom ? "nixos",
  # The overlays that such a pkgs was made with.
  given ? [ ],
  # Whether it is NixOS 24.11 or newer.
  preSwitchChecks ? true,
  # Packages that are made elsewhere.
  pkgs ? null,
}:
let
  lib = import ./lib.nix;
  evaluation = import ./modules.nix lib;
  packages = overlays: import ./. { inherit variant era overlays; };
  readOnly = pkgsFrom == "read-only";
  ownPkgs =
    if pkgs != null then
      pkgs
    else if pkgsFrom == "nixos" then
      packages config.nixpkgs.overlays
    else if readOnly then
      # As NixOS does, to find definitions that have no effect.
      builtins.seq config.nixpkgs.overlays (packages given)
    else
      packages given;
  config = evaluation.evalModules {
    modules = [
      ./nixos.nix
      (import ./services/k0s.nix era)
      ./services/rancher.nix
      (import ./services/kubernetes.nix era)
    ]
    ++ modules;
    arguments = {
      inherit readOnly preSwitchChecks;
      pkgs = ownPkgs;
      inherit (evaluation) types;
    };
  };
in
{
  inherit config;
  pkgs = ownPkgs;
}
