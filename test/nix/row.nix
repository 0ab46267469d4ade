# Evaluates a generated module in a system; table.nix says what the fields of a row are.
row:
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

  system = import ./system.nix {
    inherit (row) era;
    variant = row.variant or "bare-2.41";
    pkgsFrom = row.pkgsFrom or "nixos";
    preSwitchChecks = row.preSwitchChecks or true;
    given = map import (row.applied or [ ]);
    modules = [ (node row) ] ++ map (file: /. + file) row.modules ++ row.extra or [ ];
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
  checks = config.system.preSwitchChecks or { };
  # Of the NixOS module: what runs the check, and what is installed.
  check = {
    unit = removeAttrs (config.systemd.services.subpathfix-check or { }) [ "path" ];
    timer = config.systemd.timers.subpathfix-check or null;
    inherit (config.systemd.tmpfiles) rules;
    packages = map (package: package.pname) config.environment.systemPackages;
  };
  postBuild = if row.distro == "k0s" then config.services.k0s.package.postBuild or null else null;
  # The directories that the package's wrapper puts before PATH.
  prefix =
    if row.distro == "kubernetes" then
      [ ]
    else
      map (each: "${lib.getBin each}/bin") (config.services.${row.distro}.package.prefix or [ ]);
  utilLinux = pkgs.util-linux.outPath;
  inherit (config.environment) etc;
}
