# Made from templates/ by scripts/module-fixes.ts: do not edit.
#
# Strategy path: puts the patched util-linux first in the PATH of kubernetes.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  unit = config.services.subpathfix.unit;
  service = config.systemd.services.${unit} or { };
  exec = toString (service.serviceConfig.ExecStart or "");

  # serviceConfig.Environment comes later in the unit's file than environment, so it wins.
  isReplaced =
    name:
    lib.any (line: builtins.match "(.*[ \"'])?${name}=.*" (toString line) != null) (
      lib.toList (service.serviceConfig.Environment or [ ])
    );
  valueOf = name: toString (service.environment.${name} or "");

  # Not taken from nixpkgs.overlays: they have no effect on a pkgs that comes from elsewhere.
  patched = (import ./overlay.nix pkgs pkgs).util-linux-subpathfix;
  inherit (patched.subpathfix) isNeeded hasFix;
  bin = "${lib.getBin patched}/bin";

  beginsWithFix =
    name:
    let
      first = lib.head (lib.splitString ":" (valueOf name));
      found = if isReplaced name then "serviceConfig.Environment" else first;
    in
    {
      assertion = exec == "" || (lib.hasPrefix "${bin}:" (valueOf name) && !(isReplaced name));
      message = lib.concatStringsSep " " [
        "subpathfix: ${name} of service \"${unit}\" does not begin with the patched util-linux, but with"
        "\"${found}\": another definition replaces it or comes before it. In systemd.services.${unit},"
        "look for path (lib.mkForce, lib.mkOrder), environment.${name} and serviceConfig.Environment, and"
        "remove that, or set services.subpathfix.fix.strategy = \"env\"."
      ];
    };

  # Since 2025-05-22 the module puts a patched util-linux into kubelet's PATH itself.
  isFixedHere = lib.any hasFix (lib.filter (each: !(each ? subpathfix)) service.path);
in
lib.mkIf (config.services.subpathfix.fix.active == "kubernetes-path" && isNeeded)
{
  systemd.services.${unit} = {
    # Before every other package, those of lib.mkBefore too.
    path = lib.mkOrder 0 [ patched ];
  };

  assertions = [
    # Settings for a unit that does not exist silently create an empty unit.
    {
      assertion = exec != "" && (service.enable or true);
      message = lib.concatStringsSep " " [
        "subpathfix: this system has no service \"${unit}\""
        (if exec == "" then "(it has no ExecStart)," else "(systemd.services.${unit}.enable is false),")
        "so the fix in services.subpathfix.fix has no effect."
        "It has been called kubelet: set services.subpathfix.unit to its name here."
      ];
    }
    (beginsWithFix "PATH")
  ];

  warnings = lib.concatLists [
    (lib.optional (isNeeded && isFixedHere) (
      "subpathfix: this nixpkgs gives kubelet of kubernetes a patched util-linux itself, so that only"
      + " /run/wrappers/bin/mount has the defect: set fix.wrapper, and not fix.enable"
    ))
  ];
}
