# Installs the built program: $1 what has dist/ and LICENSE, $2 where to, $3 a shell, $4 the directory of node, and of
# the others the programs that the program runs itself, by their full names. They alone are put before PATH: with a
# whole util-linux there, its mount would be run in the place of the system's.
set -eu
source=$1 out=$2 shell=$3 node=$4
shift 4
mkdir -p "$out/bin" "$out/lib" "$out/libexec/subpathfix" "$out/share/doc/subpathfix"
cp -R "$source/dist" "$out/lib/subpathfix"
cp "$source/LICENSE" "$out/share/doc/subpathfix/"
ln -s "$shell" "$out/libexec/subpathfix/sh"
for program; do ln -s "$program" "$out/libexec/subpathfix/${program##*/}"; done
cat >"$out/bin/subpathfix" <<END
#!$shell
export PATH="$out/libexec/subpathfix\${PATH:+:\$PATH}"
exec "$node/node" "$out/lib/subpathfix/main.cjs" "\$@"
END
# For the app of the flake: what is advised can then be typed in that form.
cat >"$out/libexec/nix-run" <<END
#!$shell
export SUBPATHFIX_CALLED_AS=nix-run
exec "$out/bin/subpathfix" "\$@"
END
chmod 755 "$out/bin/subpathfix" "$out/libexec/nix-run"
if test -e "$source/man/subpathfix.1"; then
  mkdir -p "$out/share/man/man1"
  cp "$source/man/subpathfix.1" "$out/share/man/man1/"
fi
