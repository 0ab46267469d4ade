# services.subpathfix: the program, a fix for kubelet, and a check before a switch; check.nix has the one by a timer. The
# fixes in fixes/ are what `subpathfix generate` writes, from the same templates.
{
  config,
  lib,
  options,
  pkgs,
  ...
}:
let
  inherit (lib) types;
  cfg = config.services.subpathfix;
  strategies = import ./fixes;

  isEnabled = {
    k0s = config.services.k0s.enable or false;
    k3s = config.services.k3s.enable or false;
    rke2 = config.services.rke2.enable or false;
    kubernetes = config.services.kubernetes.kubelet.enable or false;
  };
  enabled = lib.filter (name: isEnabled.${name}) (builtins.attrNames isEnabled);

  unitOf = {
    k0s = "k0s";
    k3s = "k3s";
    rke2 = "rke2-${config.services.rke2.role or "server"}";
    kubernetes = "kubelet";
  };

  usesFix = cfg.fix.enable || cfg.fix.wrapper || cfg.gate.enable;
  known = if cfg.distribution == null then [ ] else strategies.${cfg.distribution};
  strategy = if cfg.fix.strategy == null && known != [ ] then lib.head known else cfg.fix.strategy;
in
{
  imports = [
    ./check.nix
    ./fixes/gate.nix
    ./fixes/gate-wrapper.nix
    ./fixes/k0s-env.nix
    ./fixes/k0s-path.nix
    ./fixes/k3s-env.nix
    ./fixes/k3s-package.nix
    ./fixes/kubernetes-env.nix
    ./fixes/kubernetes-path.nix
    ./fixes/rke2-env.nix
    ./fixes/rke2-package.nix
    ./fixes/wrapper.nix
  ];

  options.services.subpathfix = {
    enable = lib.mkOption {
      type = types.bool;
      default = false;
      example = true;
      description = "Whether to install `subpathfix`, and to let the other options have an effect.";
    };

    package = lib.mkOption {
      type = types.package;
      default = pkgs.subpathfix or (pkgs.callPackage ./package.nix { });
      defaultText = lib.literalExpression "pkgs.subpathfix";
      description = "The package of `subpathfix`.";
    };

    distribution = lib.mkOption {
      type = types.nullOr (types.enum (builtins.attrNames strategies));
      default = if builtins.length enabled == 1 then lib.head enabled else null;
      defaultText = lib.literalMD "the one that this configuration enables, if it is one";
      example = "k0s";
      description = "The Kubernetes distribution whose kubelet is to be fixed.";
    };

    unit = lib.mkOption {
      type = types.str;
      default = if cfg.distribution == null then "" else unitOf.${cfg.distribution};
      defaultText = lib.literalMD "`k0s`, `k3s`, `rke2-` with its role, or `kubelet`";
      example = "k0sworker";
      description = ''
        The systemd unit that runs kubelet, without `.service`. Set it for k0s-nix before 2026-08-20, which calls it
        `k0sworker` for the role worker and `k0scontroller` for the others. A unit that the system does not have fails
        the evaluation.
      '';
    };

    fix = {
      enable = lib.mkOption {
        type = types.bool;
        default = false;
        example = true;
        description = ''
          Whether to fix kubelet where this system's util-linux has the defect. Where it does not, this changes
          nothing, unless the package of the distribution comes from another nixpkgs, of whose util-linux this one
          tells nothing.
        '';
      };

      strategy = lib.mkOption {
        type = types.nullOr (
          types.enum [
            "path"
            "package"
            "env"
          ]
        );
        default = null;
        example = "env";
        description = ''
          How the fix reaches kubelet, as `subpathfix generate --strategy` has it: `path` puts a patched util-linux
          first in the PATH of the unit (k0s, kubernetes), `package` gives it to the package (k3s, rke2), `env` sets
          libmount's variable and builds nothing (all). null: `path` or `package`, whichever the distribution takes.
        '';
      };

      wrapper = lib.mkOption {
        type = types.bool;
        default = false;
        example = true;
        description = ''
          Whether to make `/run/wrappers/bin/mount` the patched one, where util-linux has the defect: for CSI drivers,
          which enter the host and call it there. With or without `fix.enable`, which is for kubelet.
        '';
      };

      active = lib.mkOption {
        type = types.nullOr types.str;
        internal = true;
        readOnly = true;
        description = "The file of fixes/ that is in effect where the defect is.";
      };
    };

    gate.enable = lib.mkOption {
      type = types.bool;
      default = false;
      example = true;
      description = ''
        Whether to test the incoming system's mount before every switch (`system.preSwitchChecks`, NixOS 24.11 or
        newer), with the PATH and the variable that its unit gives kubelet, and to refuse a system whose mount does not
        bind a subPath correctly. It does not see a PATH that the k0s package's wrapper puts in front;
        `fix.strategy = "path"` has none there.
      '';
    };

  };

  config = lib.mkMerge [
    {
      services.subpathfix.fix.active =
        if cfg.enable && cfg.fix.enable && lib.elem strategy known then
          "${cfg.distribution}-${strategy}"
        else
          null;

      assertions = [
        {
          assertion = cfg.enable || !(usesFix || cfg.check.timer != null);
          message = "services.subpathfix.enable is not set, so fix, gate and check have no effect: set it too.";
        }
        {
          assertion = !(cfg.fix.enable || cfg.gate.enable) || cfg.distribution != null;
          message =
            "services.subpathfix: which kubelet? This configuration enables "
            + (if enabled == [ ] then "no distribution" else lib.concatStringsSep " and " enabled)
            + ". Set services.subpathfix.distribution to one of ${lib.concatStringsSep ", " (builtins.attrNames strategies)}.";
        }
        {
          assertion = !cfg.fix.enable || cfg.distribution == null || lib.elem strategy known;
          message =
            "services.subpathfix.fix.strategy: ${toString strategy} does not reach kubelet of"
            + " ${toString cfg.distribution}. Set it to ${lib.concatStringsSep " or " known}.";
        }
        {
          assertion = !cfg.gate.enable || options.system ? preSwitchChecks;
          message = "services.subpathfix.gate needs NixOS 24.11 or newer (system.preSwitchChecks): leave it out here.";
        }
      ];
    }

    (lib.mkIf cfg.enable { environment.systemPackages = [ cfg.package ]; })

  ];
}
