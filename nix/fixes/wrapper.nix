# Made from templates/ by scripts/module-fixes.ts: do not edit.
#
# Strategy wrapper: makes /run/wrappers/bin/mount the patched one, for CSI drivers, which enter the host
# and call it there. kubelet does not use it and needs its own fix.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  # Not taken from nixpkgs.overlays: they have no effect on a pkgs that comes from elsewhere.
  patched = (import ./overlay.nix pkgs pkgs).util-linux-subpathfix;
  inherit (patched.subpathfix) isNeeded;
  bin = "${lib.getBin patched}/bin";
in
lib.mkIf (config.services.subpathfix.fix.wrapper && isNeeded)
{
  # For CSI drivers, which enter the host and call mount there; kubelet does not use it.
  security.wrappers.mount.source = lib.mkForce "${bin}/mount";

  assertions = [
    {
      assertion = config.security.wrappers.mount.source or "" == "${bin}/mount";
      message = lib.concatStringsSep " " [
        "subpathfix: security.wrappers.mount is not the patched mount, but"
        "\"${config.security.wrappers.mount.source or ""}\": another definition replaces it. Look for"
        "lib.mkForce and lib.mkOverride on security.wrappers, and remove that."
      ];
    }
  ];

  warnings = lib.concatLists [
  ];
}
