# What runs on the far side, by sh on its standard input; nothing is written there. It answers in sections, each begun
# and ended by a line with $m, a random word that is in no command line and no environment, which is
# set before this, as is $head, the most bytes of a program. $x marks what a program's
# output ends with.
nl='
'
words=$IFS
seen=$nl links=$nl progs=$nl
read=' '
paths='' newlinks='' absent=''
# The system's own programs first, as sudo's secure_path has it.
PATH=/run/current-system/sw/bin:/usr/sbin:/usr/bin:/sbin:/bin${PATH:+:$PATH}
gnu=
stat --version >/dev/null 2>&1 && find . --version >/dev/null 2>&1 && grep --version >/dev/null 2>&1 && gnu=1
limit='timeout -s KILL'
timeout --foreground 9 true 2>/dev/null && limit='timeout --foreground -s KILL'

begin() { printf '\n%s %s\n' "$m" "$1"; }
end() { printf '\n%s .\n' "$m"; }

# When its input ends, the connection is gone: then all that reads ends too, by a signal to the group. What changes
# something ignores that: it is not cut off.
trap 'trap "" HUP; kill -HUP 0 2>/dev/null' EXIT

# Anew, whatever was answered before.
look() {
  seen=$nl
  walk "$1"
}
forget() { seen=$nl links=$nl progs=$nl read=' '; }

note() {
  case $seen in *"$nl$1$nl"*) ;; *) seen=$seen$1$nl paths=$paths$1$nl ;; esac
}

# Sets target; empty for one that cannot be followed. The kernel drops the target of a link in /proc that is gone: U.
linked() {
  case $links in
    *"${nl}P$1$nl"*)
      target=${links#*"${nl}P$1${nl}"?}
      target=${target%%"$nl"*}
      ;;
    *)
      target=$(readlink -- "$1" 2>/dev/null && printf .)
      kind=U
      if [ -n "$target" ]; then
        kind=T
        target=${target%?}
        target=${target%"$nl"}
        case $target in *"$nl"*) target='' ;; esac
      fi
      links=${links}P$1$nl$kind$target$nl newlinks=${newlinks}P$1$nl$kind$target$nl
      ;;
  esac
}

# Goes along a path and its links as the kernel does (path_resolution(7)), and notes all of it. Sets real; empty if
# there is nothing.
walk() {
  real=
  case $1 in *"$nl"*) return 0 ;; /*) ;; *) return 0 ;; esac
  rest=${1#/} at='' hops=0
  note /
  while [ -n "$rest" ]; do
    case $rest in
      */*) name=${rest%%/*} rest=${rest#*/} ;;
      *) name=$rest rest= ;;
    esac
    case $name in '' | .) continue ;; ..) at=${at%/*}; continue ;; esac
    at=$at/$name
    if [ -L "$at" ]; then
      note "$at"
      hops=$((hops + 1))
      [ "$hops" -le 40 ] || return 0
      linked "$at"
      case $target in '') return 0 ;; /*) at= ;; *) at=${at%/*} ;; esac
      rest=$target${rest:+/$rest}
    elif [ -e "$at" ]; then
      note "$at"
    else
      absent=$absent$at$nl
      return 0
    fi
  done
  real=${at:-/}
}
walks() { for each; do walk "$each"; done; }

flush() {
  if [ -n "$paths" ]; then
    begin S
    IFS=$nl
    set -f
    # shellcheck disable=SC2086
    stat -c '%f %u %d %i %Y %s %n' -- $paths 2>/dev/null
    set +f
    IFS=$words
    end
  fi
  [ -z "$newlinks" ] || { begin L; printf '%s' "$newlinks"; end; }
  [ -z "$absent" ] || { begin M; printf '%s' "$absent"; end; }
  paths='' newlinks='' absent=''
}

# $1 bytes at most, of $2
file() {
  walk "$2"
  [ -n "$real" ] && [ -f "$real" ] || return 0
  begin F
  printf '%s %s\n' "$1" "$real"
  { head -c "$1" -- "$real" 2>/dev/null || printf '%s' "$x"; } | base64
  end
}
files() { bytes=$1; shift; for each; do file "$bytes" "$each"; done; }

list() {
  walk "$1"
  [ -n "$real" ] && [ -d "$real" ] || return 0
  directory=$real names='' plain=1
  set +f
  for each in "${directory%/}"/* "${directory%/}"/.[!.]* "${directory%/}"/..?*; do
    [ -e "$each" ] || [ -L "$each" ] || continue
    case $each in *"$nl"*) plain='' ; continue ;; esac
    names=$names${each##*/}$nl
    note "$each"
  done
  kind=${plain:+N}
  begin "${kind:-B}"
  printf '%s\n%s' "$directory" "$names"
  end
}
lists() { for each; do list "$each"; done; }

# Each process, with its command line, and with what it runs.
processes() {
  if [ -n "$gnu" ]; then
    begin P
    grep -azHZ '' /proc/[0-9]*/cmdline 2>/dev/null | base64
    end
    begin X
    find /proc/[0-9]*/exe -maxdepth 0 -printf '%p\0%l\n' 2>/dev/null
    end
    return
  fi
  begin Q
  for each in /proc/[0-9]*; do
    printf '%s ' "${each#/proc/}"
    base64 <"$each/cmdline" 2>/dev/null | tr -d '\n'
    printf '\n'
  done
  end
  begin X
  for each in /proc/[0-9]*; do
    printf '%s/exe\0%s\n' "$each" "$(readlink "$each/exe" 2>/dev/null)"
  done
  end
}

# The ids of those that run a program with one of these names.
running() {
  for each in /proc/[0-9]*; do printf '%s %s\n' "${each#/proc/}" "$(readlink "$each/exe" 2>/dev/null)"; done
}
candidates() {
  if [ -n "$gnu" ]; then find /proc/[0-9]*/exe -maxdepth 0 -printf '%h %l\n' 2>/dev/null | sed 's,^/proc/,,'
  else running; fi | sed -n -E "s,^([0-9]+) .*/\\.?($1)(-wrapped)?( \\(deleted\\))?\$,\\1,p" | head -n 20
}

relink() {
  links=$nl
  for each; do linked "$each"; done
}

process() {
  case $read in *" $1 "*) return 0 ;; esac
  read="$read$1 "
  files 65537 "/proc/$1/stat" "/proc/$1/status"
  walks "/proc/$1/ns/user" "/proc/$1/ns/mnt" "/proc/$1/exe" "/proc/$1/cwd" "/proc/$1/root"
  begin T
  stat -L -c "$1 %f %u %d %i" "/proc/$1/exe" 2>/dev/null
  end
  file 4000001 "/proc/$1/environ"
  files 65537 "/proc/$1/cgroup" "/proc/$1/status"
  relink "/proc/$1/exe"
  file 65537 "/proc/$1/stat"
}

# A kubelet, or what starts one, with those that started it; and the mounts that it may run.
lineage() {
  pid=$1
  while [ "${pid:-0}" -gt 1 ]; do
    process "$pid"
    read -r line <"/proc/$pid/stat" || break
    # shellcheck disable=SC2086
    set -- ${line##*) }
    pid=$2
  done 2>/dev/null
}
mounts() {
  IFS=:
  set -f
  # shellcheck disable=SC2086
  set -- $1
  set +f
  IFS=$words
  first=''
  for entry; do
    walk "$entry/mount"
    [ -z "$real" ] || [ ! -x "$real" ] || first=${first:-$entry/mount}
  done
  [ -z "$first" ] || program "$first" 2
}
mounts_of() { mounts "$({ tr '\0' '\n' <"/proc/$1/environ"; } 2>/dev/null | sed -n 's/^PATH=//p' | head -n 1)"; }

# A program with what it names of a Nix store and of loaders: what it wraps, and where that finds a mount.
program() {
  walk "$1"
  [ -n "$real" ] && [ -f "$real" ] || return 0
  case $progs in *"$nl$real$nl"*) return 0 ;; esac
  progs=$progs$real$nl
  file "$head" "$real"
  [ "$2" -gt 0 ] || return 0
  IFS=$nl
  # shellcheck disable=SC2046
  set -- "$2" $(head -c 131072 -- "$real" | grep -aoE '(/nix/store/[0-9a-z]{32}-[A-Za-z0-9+._?=-]+(/[A-Za-z0-9+._-]+)*|/lib[0-9]*/ld-[A-Za-z0-9._-]+)' | sort -u | head -n 60)
  IFS=$words
  while [ $# -gt 1 ]; do
    walk "$2"
    if [ -d "$2" ]; then
      [ ! -x "$2/mount" ] || program "$2/mount" $(($1 - 1))
    else
      case $2 in */bin/*) program "$2" $(($1 - 1)) ;; esac
    fi
    level=$1
    shift 2
    set -- "$level" "$@"
  done
}

tool() {
  IFS=:
  # shellcheck disable=SC2086
  set -- "$1" $PATH
  IFS=$words
  wanted_name=$1
  shift
  for entry; do walk "$entry/$wanted_name"; done
}
tools() { for wanted; do tool "$wanted"; done; }

# What systemd says of units: their files, and what they run.
after_units() {
  lines=$(printf '%s\n' "$out" | sed -n -E 's/^(FragmentPath|DropInPaths|EnvironmentFiles)=-?(.*)/\2/p' | sed -E 's/ \(ignore_errors=(yes|no)\)$//' | tr ' ' '\n' | grep '^/' | sort -u | head -n 100)
  IFS=$nl
  # shellcheck disable=SC2086
  files 1000001 $lines
  for unit in $(printf '%s\n' "$out" | sed -n 's/^ExecStart={ path=\([^ ;]*\) ;.*/\1/p' | sort -u); do
    IFS=$words
    program "$unit" 2
  done
  IFS=$nl
  for unit in $(printf '%s\n' "$out" | sed -n 's/^Environment=//p' | tr ' ' '\n' | sed -n 's/^"\{0,1\}PATH=\([^"]*\).*/\1/p' | sort -u); do
    IFS=$words
    mounts "$unit"
  done
  IFS=$words
}
# What a loader says that it would load.
after_loader() {
  lines=$(printf '%s\n' "$out" | sed -n 's/.* => \(\/.*\) (0x[0-9a-f]*)$/\1/p' | head -n 100)
  IFS=$nl
  # shellcheck disable=SC2086
  set -- $lines
  IFS=$words
  walks "$@"
}

# run ID SECONDS BYTES all|errors|end none|units|loader DIRECTORY INPUT PROGRAM WORD...: the words run the program.
# ID ends with + where the program changes something.
run() {
  id=$1 seconds=$2 most=$3 keep=$4 after=$5 cwd=$6 input=$7
  walk "$8"
  shift 8
  if [ -z "$real" ] || [ ! -f "$real" ] || [ ! -x "$real" ]; then
    begin C
    printf '%s\n' "$id"
    printf '%snone' "$x" | base64
    end
    return
  fi
  if [ "$after" != none ]; then
    out=$(started "$@" 2>/dev/null)
    code=$?
    begin C
    printf '%s\n' "$id"
    { printf '%s\n' "$out"; printf '%s%s' "$x" "$code"; } | base64
    end
    "after_$after"
    return
  fi
  begin C
  printf '%s\n' "$id"
  case $keep in
    errors)
      # What it says on standard output comes last.
      { out=$(started "$@" 2>&3); code=$?; } 3>&1
      printf '%s%s%s%s' "$x" "$code" "$x" "$out"
      ;;
    *) { started "$@" 2>&1; printf '%s%s' "$x" "$?"; } ;;
  esac | case $keep in
    end) tail -c "$most" ;;
    *) head -c "$most" ;;
  esac | base64
  end
}
started() {
  (
    cd "$cwd" || exit 126
    case $id in *+) trap '' HUP; printf '%s' "$input" | "$@"; exit ;; esac
    printf '%s' "$input" | $limit "$seconds" "$@"
  )
}
