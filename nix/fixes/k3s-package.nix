# Made from templates/ by scripts/module-fixes.ts: do not edit.
#
# Strategy package: gives the k3s package the patched util-linux.
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

  # A package from another nixpkgs brings its own util-linux, of which this nixpkgs tells nothing.
  package = config.services.k3s.package or null;
  isFromHere =
    package:
    !(package ? subpathfix)
    && lib.elem (toString (package.stdenv or "")) [
      (toString pkgs.stdenv)
      (toString pkgs.stdenvNoCC)
    ];

  # Since 2025-05-17 the package gets a patched util-linux from nixpkgs itself.
  isFixedHere =
    !(package ? subpathfix) && lib.any hasFix (package.k3sRuntimeDeps or package.buildInputs or [ ]);

  isFixed = package: lib.any hasFix (package.k3sRuntimeDeps or package.buildInputs or [ ]);

  # Overrides the package's own util-linux with the patched one, unless it has a fix already.
  withFix =
    package:
    let
      again = builtins.intersectAttrs (lib.functionArgs (package.override or (_: { }))) {
        util-linux = patched;
        util-linuxMinimal = patched;
      };
    in
    if !isNeeded && isFromHere package || isFixed package then
      package
    else if again != { } then
      package.override again // { subpathfix = true; }
    else
      throw "subpathfix: the package of services.k3s.package takes no util-linux; set services.subpathfix.fix.strategy = \"env\"";
in
{
  # Declared again only for `apply`: whatever package the configuration chooses goes through it.
  options.services.k3s.package = lib.mkOption {
    apply = package: if config.services.subpathfix.fix.active == "k3s-package" then withFix package else package;
  };

  config =
    lib.mkIf (config.services.subpathfix.fix.active == "k3s-package" && (isNeeded || !(isFromHere package)))
    {
    assertions = [
      # Settings for a unit that does not exist silently create an empty unit.
      {
        assertion = exec != "" && (service.enable or true);
        message = lib.concatStringsSep " " [
          "subpathfix: this system has no service \"${unit}\""
          (if exec == "" then "(it has no ExecStart)," else "(systemd.services.${unit}.enable is false),")
          "so the fix in services.subpathfix.fix has no effect."
          "It has been called k3s, k3s-agent: set services.subpathfix.unit to its name here."
        ];
      }
      {
        assertion = exec == "" || lib.hasInfix (builtins.unsafeDiscardStringContext "${package}/") exec;
        message = lib.concatStringsSep " " [
          "subpathfix: service \"${unit}\" does not start the package of services.k3s.package, which is"
          "what this fix changes. Start that package in systemd.services.${unit}.serviceConfig.ExecStart, or"
          "set services.subpathfix.fix.strategy = \"env\" instead."
        ];
      }
    ];

    warnings = lib.concatLists [
      (lib.optional (isNeeded && isFixedHere) (
        "subpathfix: this nixpkgs gives kubelet of k3s a patched util-linux itself, so that only"
        + " /run/wrappers/bin/mount has the defect: set fix.wrapper, and not fix.enable"
      ))
    ];
  };
}
