# Evaluates a whole configuration of examples/, a flake or a configuration.nix, with the inputs of the tests.
{
  directory,
  distro,
  unit,
  era,
  variant ? "bare-2.41",
}:
let
  lib = import ./lib.nix;
  nixosSystem = { modules, ... }: import ./system.nix { inherit era variant modules; };
  flake = import (/. + directory + "/flake.nix");
  outputs = flake.outputs {
    self = outputs;
    nixpkgs.lib = lib // { inherit nixosSystem; };
    k0s-nix = {
      nixosModules.default = ./k0s-nix/nixos/k0s.nix;
      overlays.default = _: _: { };
    };
  };
  # A tarball that is fetched is k0s-nix here.
  configuration = builtins.scopedImport { fetchTarball = _: toString ./k0s-nix; } (
    /. + directory + "/configuration.nix"
  );
  system =
    if builtins.pathExists (/. + directory + "/flake.nix") then
      builtins.head (builtins.attrValues outputs.nixosConfigurations)
    else
      nixosSystem { modules = [ configuration ]; };
  inherit (system) config;
in
{
  failed = map (one: one.message) (lib.filter (one: !one.assertion) config.assertions);
  inherit (config) warnings;
  inherit (config.environment) etc;
  kubelet = import ./kubelet.nix lib config distro unit;
  wrapper = import ./state.nix lib config.security.wrappers.mount.source;
}
