# Evaluates subpath-fix.nix of a directory for the stand-ins of nixos-rebuild.
{
  directory,
  distro,
  unit,
  variant ? "bare-2.41",
}:
let
  lib = import ./lib.nix;
  role =
    if distro == "k0s" then
      (if unit == "k0sworker" then "worker" else "single")
    else if unit == "rke2-agent" then
      "agent"
    else
      "server";
  result = import ./row.nix {
    inherit distro role unit variant;
    era = if unit == "k0s" then "2026-08" else "2025-07";
    modules = [ "${directory}/subpath-fix.nix" ];
    # The nodes of the tests start all distributions with a util-linux in the unit's PATH.
    extra = lib.optional (distro == "k3s" || distro == "rke2") (
      { pkgs, ... }: { systemd.services.${unit}.path = [ pkgs.util-linux ]; }
    );
  };
in
{
  inherit (result) environment failed checks;
  package = {
    inherit (result) postBuild;
    # Of k3s and rke2, which take one; without -bin, the output.
    utilLinux =
      let
        found = lib.filter (lib.hasInfix "util-linux") result.prefix;
      in
      if distro == "k0s" || found == [ ] then null else lib.removeSuffix "-bin/bin" (lib.head found);
  };
}
