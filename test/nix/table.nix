# Evaluates many systems at once. `rows`: a JSON file; each row is a generated module in a system:
#   modules        files of modules: the generated one, and what else the user has
#   distro, role, unit, era, variant, pkgsFrom
#   applied        overlay files that a given pkgs was made with
#   package        "source": k0s built from source; "unwrapped"; "foreign": from a nixpkgs of the state `foreign`
{ rows }:
let
  lib = import ./lib.nix;

  # What a user has in the configuration for such a node at that time.
  node =
    {
      distro,
      role,
      era,
      package ? null,
      foreign ? null,
      ...
    }:
    { lib, pkgs, ... }:
    {
      services =
        if distro == "kubernetes" then
          { kubernetes.kubelet.enable = true; }
        else
          {
            ${distro} = {
              enable = true;
              inherit role;
            }
            // lib.optionalAttrs (package == "unwrapped") { package = pkgs.${distro} // { prefix = [ ]; }; }
            // lib.optionalAttrs (package == "source") { package = pkgs.k0s-source; }
            // lib.optionalAttrs (package == "foreign") {
              package = (import ./. { inherit era; variant = foreign; }).${distro};
            }
            // lib.optionalAttrs (distro == "k0s" && role != "worker") (
              {
                spec.api = {
                  address = "192.0.2.1";
                }
                // lib.optionalAttrs (lib.hasPrefix "2025" era) { sans = [ "192.0.2.1" ]; };
              }
              // lib.optionalAttrs (lib.hasPrefix "controller" role) (
                if lib.hasPrefix "2025" era then { isLeader = true; } else { controller.isLeader = true; }
              )
            );
          };
    };

  evaluate =
    row:
    let
      system = import ./system.nix {
        inherit (row) era;
        variant = row.variant or "bare-2.41";
        pkgsFrom = row.pkgsFrom or "nixos";
        given = map import (row.applied or [ ]);
        modules = [ (node row) ] ++ map (file: /. + file) row.modules;
      };
      inherit (system) config pkgs;
      wrapper = config.security.wrappers.mount;
    in
    {
      kubelet = import ./kubelet.nix lib config row.distro row.unit;
      wrapper = {
        inherit (wrapper) source setuid;
        state = import ./state.nix lib wrapper.source;
      };
      environment = config.systemd.services.${row.unit}.environment;
      units = builtins.attrNames config.systemd.services;
      failed = map (one: one.message) (lib.filter (one: !one.assertion) config.assertions);
      inherit (config) warnings;
      checks = config.system.preSwitchChecks;
      postBuild = if row.distro == "k0s" then config.services.k0s.package.postBuild or null else null;
      utilLinux = pkgs.util-linux.outPath;
      inherit (config.environment) etc;
    };
in
map evaluate (builtins.fromJSON (builtins.readFile rows))
