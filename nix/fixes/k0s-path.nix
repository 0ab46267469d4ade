# Made from templates/ by scripts/module-fixes.ts: do not edit.
#
# Strategy path: puts the patched util-linux first in the PATH of k0s.
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
  inherit (patched.subpathfix) isNeeded;
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

  # A package from another nixpkgs brings its own util-linux, of which this nixpkgs tells nothing.
  package = config.services.k0s.package or null;
  isFromHere =
    package:
    !(package ? subpathfix)
    && lib.elem (toString (package.stdenv or "")) [
      (toString pkgs.stdenv)
      (toString pkgs.stdenvNoCC)
    ];
in
lib.mkIf (config.services.subpathfix.fix.active == "k0s-path" && (isNeeded || !(isFromHere package)))
{
  systemd.services.${unit} = {
    # Before every other package, those of lib.mkBefore too.
    path = lib.mkOrder 0 [ patched ];

    # The k0s package may be wrapped: its own util-linux would come before the unit's PATH. k0s
    # strips the prefix and gives kubelet this PATH, which a wrapper does not shadow.
    environment.KUBELET_PATH = lib.concatStringsSep ":" [
      (lib.makeBinPath service.path)
      (lib.makeSearchPathOutput "bin" "sbin" service.path)
    ];
  };

  assertions = [
    # Settings for a unit that does not exist silently create an empty unit.
    {
      assertion = exec != "" && (service.enable or true);
      message = lib.concatStringsSep " " [
        "subpathfix: this system has no service \"${unit}\""
        (if exec == "" then "(it has no ExecStart)," else "(systemd.services.${unit}.enable is false),")
        "so the fix in services.subpathfix.fix has no effect."
        "It has been called k0s, k0sworker, k0scontroller: set services.subpathfix.unit to its name here."
      ];
    }
    (beginsWithFix "PATH")
    (beginsWithFix "KUBELET_PATH")
  ];

  warnings = lib.concatLists [
  ];
}
