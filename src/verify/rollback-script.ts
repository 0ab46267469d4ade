/**
 * Takes a node back to the system that it had. It needs nobody: systemd runs it when the time is up, and verify when
 * the defect is still there. Plain sh; every value is an argument.
 */

/** Seconds that a switch gets to end by itself; the lock is its own for so long. */
const longestSwitch = 600;

export const rollbackScript = `#!/bin/sh
# Written by subpathfix, which removes it: takes the node back to the system that it had.
# usage: rollback.sh MODE PREVIOUS GENERATION NEXT UNIT INVOCATION
mode=$1 previous=$2 generation=$3 next=$4 unit=$5 before=$6
profile=/nix/var/nix/profiles/system
switches='subpathfix-activate.service nixos-rebuild-switch-to-configuration.service'
systemctl stop subpathfix-rollback.timer 2>/dev/null

waited=0
while systemctl --quiet is-active $switches 2>/dev/null; do
  if [ "$waited" -ge ${longestSwitch} ]; then
    echo "the switch does not end, and is stopped"
    systemctl stop $switches
    break
  fi
  sleep 1
  waited=$((waited + 1))
done

invocation() {
  if [ -n "$unit" ]; then systemctl show --value --property=InvocationID "$unit" 2>/dev/null; fi
}

# A gate in that system would refuse it: hence NIXOS_NO_CHECK. The lock may be held by somebody else for a moment.
back() {
  for attempt in 1 2 3; do
    echo "+ $1/bin/switch-to-configuration $2"
    if NIXOS_NO_CHECK=1 "$1/bin/switch-to-configuration" "$2"; then return; fi
    if [ "$2" != boot ] && [ "$(readlink /run/current-system)" = "$1" ]; then return; fi
    sleep 5
  done
}

during=$(invocation)
# One that was started too often is not started again before that.
if [ -n "$unit" ]; then systemctl reset-failed "$unit" 2>/dev/null; fi
if [ "$mode" != test ]; then
  if [ -n "$generation" ]; then
    nix-env --profile "$profile" --switch-generation "$generation"
  elif [ -n "$next" ]; then
    nix-env --profile "$profile" --set "$next"
  fi
fi
case $mode in
  test) back "$previous" test ;;
  boot) back "$next" boot ;;
  *)
    if [ "$next" = "$previous" ] || [ -z "$next" ]; then
      back "$previous" switch
    else
      back "$next" boot
      back "$previous" test
    fi
    ;;
esac

# A kubelet that was restarted for the new system is restarted for the old one, whether or not the switch does it.
if [ -n "$before" ]; then
  after=$(invocation)
  if ! systemctl --quiet is-active "$unit"; then
    echo "+ systemctl start $unit"
    systemctl start --no-block "$unit"
  elif [ "$during" != "$before" ] && [ "$after" = "$during" ]; then
    echo "+ systemctl restart $unit"
    systemctl restart --no-block "$unit"
  fi
fi
echo "the node is back on $(readlink /run/current-system)"
rm -f -- "$0"
`;
