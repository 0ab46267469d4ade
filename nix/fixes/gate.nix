# Made from templates/ by scripts/module-fixes.ts: do not edit.
#
# Tests the mount of an incoming system, with or without a fix.
{
  config,
  lib,
  options,
  pkgs,
  ...
}:
let
  inherit (config.services.subpathfix) distribution;
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

  # A wrapped package puts its own util-linux first (nixpkgs' k3s and rke2).
  package = config.services.${toString distribution}.package or { };
  ownPath = lib.makeBinPath (package.k3sRuntimeDeps or package.buildInputs or [ ]);
  path =
    service.environment.KUBELET_PATH
      or (lib.optionalString (ownPath != "") "${ownPath}:" + valueOf "PATH");
  # Empty is unset for libmount.
  forced = service.environment.KUBELET_LIBMOUNT_FORCE_MOUNT2 or (valueOf "LIBMOUNT_FORCE_MOUNT2");
in
{
  # An older NixOS does not have the option; nix/module.nix says so.
  config = lib.optionalAttrs (options.system ? preSwitchChecks) {
    # Before a switch (NixOS 24.11 or newer): tests the incoming system's mount, the way kubelet will use it.
    # NIXOS_NO_CHECK=1 skips this.
    system.preSwitchChecks.subpath-fix = lib.mkIf (config.services.subpathfix.gate.enable && distribution != null) (
      let
        coreutils = "${lib.getBin pkgs.coreutils}/bin";
        gate = pkgs.writeShellScript "subpath-fix-gate" ''
          set -eu
          cd "$1"
          echo content >source
          ${coreutils}/mkdir directory directory-target
          echo content >directory/file
          : >target
          exec 7<source 8<directory
          mount --no-canonicalize -o bind "/proc/$$/fd/7" "$1/target"
          mount --no-canonicalize -o bind "/proc/$$/fd/8" "$1/directory-target"
          [ ! -L target ]
          read -r file <target
          [ "$file" = content ]
          read -r file <directory-target/file
          [ "$file" = content ]
        '';
        check = who: environment: ''
          scratch=$(${coreutils}/mktemp -d) || exit 1
          if ${coreutils}/env ${lib.escapeShellArgs environment} \
            ${lib.getBin pkgs.util-linux}/bin/unshare --mount --propagation private ${gate} "$scratch"; then
            gate=0
          else
            gate=1
          fi
          ${coreutils}/rm -rf "$scratch"
          if [ "$gate" != 0 ]; then
            echo "subpath-fix: the incoming system's mount of ${who} does not bind a subPath correctly;" \
              "nothing was switched" >&2
            exit 1
          fi
        '';
      in
      check "kubelet" [
        "PATH=${path}"
        "LIBMOUNT_FORCE_MOUNT2=${forced}"
      ]);
  };
}
