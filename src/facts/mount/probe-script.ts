/**
 * What the probe runs inside its namespaces, by /bin/sh. Static: anything from outside is an argument.
 * $1 is the mount to test, $2 mkdir, $3 a word that marks the script's own lines; then the environment that the mount
 * gets, a NAME=VALUE each. The shell has none.
 *
 * It works in a tmpfs over /sys, which exists on every Linux and contains no mount program, so nothing is
 * written to disk. The sources are opened as kubelet opens them, and named by their magic links
 * (kubernetes, pkg/volume/util/subpath/subpath_linux.go). kubelet mounts each in two steps, the second only if the
 * first succeeds: bind, then bind,remount (bindMountSensitive and MakeBindOptsSensitive in k8s.io/mount-utils). Both
 * outputs share one pipe, so mount's messages come before the line with its result.
 */
export const probeScript = `
exec 2>&1
mount=$1 mkdir=$2 mark=$3
shift 3
say() { echo; echo "$mark $*"; }
inspect() {
  seen=nothing
  if [ -L "$4" ]; then seen=link
  elif [ -f "$4" ] && read -r word <"$4" && [ "$word" = "$mark" ]; then seen=content
  fi
  say "$1" "$2" "$seen"
}
(export "$@"; unset PWD OLDPWD SHLVL; exec "$mount" -t tmpfs -o size=64k,mode=700 subpathfix /sys)
code=$?
cd /sys && "$mkdir" directory control target && echo "$mark" >source && : >file || { say scratch "$code" nothing; exit; }
echo "$mark" >directory/file
say scratch "$code" content
exec 7<source 8<directory
(export "$@"; unset PWD OLDPWD SHLVL; exec "$mount" -o bind /sys/directory /sys/control)
inspect control "$?" - control/file
(export "$@"; unset PWD OLDPWD SHLVL; exec "$mount" --no-canonicalize -o bind "/proc/$$/fd/7" /sys/file)
code=$?
inspect file "$code" - file
if [ "$code" = 0 ]; then
  (export "$@"; unset PWD OLDPWD SHLVL; exec "$mount" --no-canonicalize -o bind,remount "/proc/$$/fd/7" /sys/file)
  inspect file-remount "$?" - file
fi
(export "$@"; unset PWD OLDPWD SHLVL; exec "$mount" --no-canonicalize -o bind "/proc/$$/fd/8" /sys/target)
code=$?
inspect directory "$code" - target/file
if [ "$code" = 0 ]; then
  (export "$@"; unset PWD OLDPWD SHLVL; exec "$mount" --no-canonicalize -o bind,remount "/proc/$$/fd/8" /sys/target)
  inspect directory-remount "$?" - target/file
fi
`;
