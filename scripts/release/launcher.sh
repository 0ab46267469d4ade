#!/bin/sh
# Starts subpathfix with a Node.js that is new enough, or says what to do. For POSIX sh.
set -u

# Filled in when the archive is made: the oldest Node.js.
wanted=__NODE__

# Through links, such as one in /usr/local/bin.
self=$0
while [ -h "$self" ]; do
  link=$(readlink "$self") || break
  case $link in
    /*) self=$link ;;
    *) self=$(dirname -- "$self")/$link ;;
  esac
done
here=$(cd -- "$(dirname -- "$self")/.." && pwd -P) || exit 2
found=

# Whether this is a Node.js that is new enough.
is_usable() {
  [ -f "$1" ] && [ -x "$1" ] || return 1
  version=$("$1" --version 2>/dev/null </dev/null) || return 1
  version=${version#v}
  major=${version%%.*}
  rest=${version#*.}
  minor=${rest%%.*}
  case $major in '' | *[!0-9]*) return 1 ;; esac
  case $minor in '' | *[!0-9]*) return 1 ;; esac
  wanted_rest=${wanted#*.}
  if [ "$major" -gt "${wanted%%.*}" ] ||
    { [ "$major" -eq "${wanted%%.*}" ] && [ "$minor" -ge "${wanted_rest%%.*}" ]; }; then
    return 0
  fi
  found="$found $1 ($major.$minor)"
  return 1
}

start() {
  node=$1
  shift
  exec "$node" "$here/dist/main.cjs" "$@"
}

for name in node nodejs; do
  node=$(command -v "$name") && is_usable "$node" && start "$node" "$@"
done
for node in /usr/local/bin/node /usr/bin/node /usr/bin/nodejs /opt/node*/bin/node /usr/local/node*/bin/node \
  /usr/local/lib/nodejs/*/bin/node /opt/homebrew/bin/node /snap/bin/node \
  /run/current-system/sw/bin/node /nix/var/nix/profiles/default/bin/node; do
  is_usable "$node" && start "$node" "$@"
done
# What is in a home directory belongs to a user: root does not run it.
if [ "$(id -u)" -ne 0 ] && [ -n "${HOME:-}" ]; then
  for node in "$HOME"/.nvm/versions/node/*/bin/node "$HOME"/.local/share/fnm/node-versions/*/installation/bin/node \
    "$HOME"/.volta/bin/node "$HOME"/.local/bin/node "$HOME"/.nix-profile/bin/node; do
    is_usable "$node" && start "$node" "$@"
  done
fi

{
  echo "subpathfix: needs Node.js $wanted or newer; found${found:- none, in PATH or the usual places}."
  echo "Install it (NixOS: nix-shell -p nodejs), unpack it to /opt/node, or name it: /path/to/node $here/dist/main.cjs"
} >&2
exit 2
