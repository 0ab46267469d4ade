# Made from templates/ by scripts/module-fixes.ts: do not edit.
#
# Strategy env: makes libmount use mount(2) instead of newer system calls, for the kubelet of
# k0s. Nothing is built.
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
  variable = "KUBELET_LIBMOUNT_FORCE_MOUNT2";

  # Names under which a package's patches can include the fix for util-linux #3474.
  fixNames = [
    "fix-mount-regression.patch"
    "7dbfe31a83f4"
    "77723beaaaca"
    "util-linux/pull/3479"
  ];
  namesOf =
    patch:
    if builtins.isAttrs patch then
      [
        (patch.name or "")
        (patch.url or "")
      ]
      ++ (patch.urls or [ ])
    else
      [ (baseNameOf (toString patch)) ];
  isFix = patch: lib.any (name: lib.any (fix: lib.hasInfix fix name) fixNames) (namesOf patch);
  hasFix = package: lib.any isFix (lib.toList (package.patches or [ ]));
  isAffected =
    package:
    lib.versionAtLeast package.version "2.41"
    && lib.versionOlder package.version "2.41.1"
    && !(hasFix package);
  isNeeded = isAffected pkgs.util-linux;

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
lib.mkIf (config.services.subpathfix.fix.active == "k0s-env" && (isNeeded || !(isFromHere package)))
{
  systemd.services.${unit}.environment.${variable} = "always";

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
    {
      assertion = exec == "" || (valueOf variable == "always" && !(isReplaced variable));
      message = lib.concatStringsSep " " [
        "subpathfix: ${variable} of service \"${unit}\" is not always:"
        "another definition replaces it. Look for lib.mkForce, environment and serviceConfig.Environment in"
        "systemd.services.${unit}, and remove that."
      ];
    }
  ];

  warnings = lib.concatLists [
  ];
}
