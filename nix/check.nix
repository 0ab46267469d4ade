# services.subpathfix.check: `subpathfix check` by a timer, with its answer in the journal or as metrics.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (lib) types;
  cfg = config.services.subpathfix;
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
    if ! mv -f "$report" "$metrics"; then
      rm -f "$metrics"
      exit 2
    fi
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
  options.services.subpathfix.check = {
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

  config = lib.mkMerge [
    {
      assertions = [
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
