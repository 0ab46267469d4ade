# services.subpathfix: the program, a fix for kubelet, a check before a switch, and a check by a timer. The fixes in
# fixes/ are what `subpathfix generate` writes, from the same templates.
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

  textfile = cfg.check.textfileDirectory;
  isPlain = path: builtins.match "(/[A-Za-z0-9_][A-Za-z0-9._-]*)+" path != null;

  # Where there is no new report, the last one must not go on saying what it said. `check` has one with 0 (fixed),
  # 1 (affected) and 3 (cannot tell). Root writes there: whoever else could, could lead it to another file.
  publish = lib.optionalString (textfile != null) ''
    metrics=${textfile}/subpathfix.prom
    case $code in
      0 | 1 | 3) ;;
      *)
        rm -f "$metrics"
        exit "$code"
        ;;
    esac
    if [ "$(stat --format=%u ${textfile})" != 0 ] || [ -n "$(find ${textfile} -maxdepth 0 -perm /022)" ]; then
      echo "${textfile} can be written by others than root: no metrics were written" >&2
      rm -f "$metrics"
      exit 2
    fi
    chmod 644 "$report"
    mv -f "$report" "$metrics"
  '';
  script = pkgs.writeShellScript "subpathfix-check" ''
    set -u
    report=$RUNTIME_DIRECTORY/report
    code=0
    ${cfg.package}/bin/subpathfix check --format ${if textfile == null then "human" else "prometheus"} >"$report" || code=$?
    ${if textfile == null then ''cat "$report"'' else ''[ "$code" = 0 ] || ${cfg.package}/bin/subpathfix check''}
    ${publish}
    exit "$code"
  '';
in
{
  imports = [
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

    check = {
      timer = lib.mkOption {
        type = types.nullOr types.str;
        default = null;
        example = "hourly";
        description = ''
          When to run `subpathfix check` on this node, as systemd.time(7) has it for OnCalendar; null: never. The unit
          `subpathfix-check` fails where the node is affected or that cannot be told; what it found is in the journal.
        '';
      };

      onFailure = lib.mkOption {
        type = types.listOf types.str;
        default = [ ];
        example = [ "notify@%n.service" ];
        description = "The units to start when the check fails.";
      };

      textfileDirectory = lib.mkOption {
        type = types.nullOr types.str;
        default = null;
        example = "/var/lib/node-exporter";
        description = ''
          The directory of node_exporter's textfile collector, where the check writes `subpathfix.prom`; null: it
          writes none. It is made if it does not exist, and must be root's alone to write.
        '';
      };
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
        {
          assertion = textfile == null || isPlain textfile;
          message =
            "services.subpathfix.check.textfileDirectory: ${toString textfile} is not an absolute path of letters,"
            + " digits, dots, hyphens and underscores.";
        }
        {
          assertion = textfile == null || cfg.check.timer != null;
          message =
            "services.subpathfix.check.textfileDirectory: nothing is written there without"
            + " services.subpathfix.check.timer. Set it to \"hourly\".";
        }
      ];
    }

    (lib.mkIf cfg.enable { environment.systemPackages = [ cfg.package ]; })

    (lib.mkIf (cfg.enable && cfg.check.timer != null) {
      systemd.tmpfiles.rules = lib.optional (textfile != null) "d ${textfile} - - - -";

      systemd.timers.subpathfix-check = {
        description = "Timer of the check of the subPath fix";
        wantedBy = [ "timers.target" ];
        timerConfig = {
          OnCalendar = cfg.check.timer;
          Persistent = true;
          RandomizedDelaySec = 300;
        };
      };

      systemd.services.subpathfix-check = {
        description = "Check of the subPath fix";
        documentation = [ "man:mount(8)" ];
        inherit (cfg.check) onFailure;
        serviceConfig = {
          Type = "oneshot";
          ExecStart = toString script;
          RuntimeDirectory = "subpathfix-check";
          RuntimeDirectoryMode = "0700";
          UMask = "0077";
          TimeoutStartSec = 120;
          TasksMax = 128;
          MemoryMax = "1G";

          # It looks at kubelet from kubelet's own mount namespace: a kubelet in another one is not this node's. So
          # there is none of the settings that give a unit a mount namespace (ProtectSystem, PrivateTmp, ProtectProc,
          # ProtectKernelLogs, and the like, systemd.exec(5)).
          CapabilityBoundingSet = [
            # to read the environment of kubelet and of its supervisor
            "CAP_SYS_PTRACE"
            "CAP_DAC_READ_SEARCH"
            # to test mount as a user of its own, in namespaces of its own, and to end it
            "CAP_SETUID"
            "CAP_SETGID"
            "CAP_KILL"
            # the same where a user may not make namespaces
            "CAP_SYS_ADMIN"
          ];
          NoNewPrivileges = true;
          RestrictNamespaces = "user mnt pid";
          RestrictAddressFamilies = "AF_UNIX";
          IPAddressDeny = "any";
          DevicePolicy = "closed";
          LockPersonality = true;
          RestrictRealtime = true;
          RestrictSUIDSGID = true;
          KeyringMode = "private";
          SystemCallArchitectures = "native";
          SystemCallFilter = "~@clock @cpu-emulation @debug @module @obsolete @raw-io @reboot @swap";
        };
      };
    })
  ];
}
