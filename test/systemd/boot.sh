#!/bin/sh
# Becomes PID 1 of a node: makes its disk the root of the namespaces that this runs in, and executes its systemd.
# usage: boot.sh DISK MOUNTPOINT NAME ADDRESS
set -eu
disk=$1 root=$2 name=$3 address=$4

mount -o loop "$disk" "$root"
mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t tmpfs -o mode=755 tmpfs "$root/run"

mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for device in "null 1 3" "zero 1 5" "full 1 7" "random 1 8" "urandom 1 9" "tty 5 0" "kmsg 1 11"; do
  set -- $device
  mknod -m 666 "$root/dev/$1" c "$2" "$3"
done
ln -s /proc/self/fd "$root/dev/fd"
ln -s /proc/self/fd/0 "$root/dev/stdin"
ln -s /proc/self/fd/1 "$root/dev/stdout"
ln -s /proc/self/fd/2 "$root/dev/stderr"
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
mount -t tmpfs tmpfs "$root/dev/shm"
touch "$root/dev/console"

# These settings are the machine's own, whatever the namespace: systemd can read them, and kubelet writes copies.
mkdir "$root/dev/.sysctl"
mount --bind "$root/proc/sys" "$root/proc/sys"
mount -o remount,bind,ro "$root/proc/sys"
mount --bind "$root/proc/sys/net" "$root/proc/sys/net"
mount -o remount,bind,rw "$root/proc/sys/net"
for setting in vm/overcommit_memory vm/panic_on_oom kernel/panic kernel/panic_on_oops \
  kernel/keys/root_maxkeys kernel/keys/root_maxbytes; do
  copy=$root/dev/.sysctl/$(basename $setting)
  cat "/proc/sys/$setting" >"$copy"
  mount --bind "$copy" "$root/proc/sys/$setting"
done

# The hierarchies of cgroup v1, with that of systemd in both versions: what systemd calls hybrid.
mount -t tmpfs -o mode=755 tmpfs "$root/sys/fs/cgroup"
for hierarchy in /sys/fs/cgroup/*; do
  if [ -L "$hierarchy" ]; then continue; fi
  controller=$(basename "$hierarchy")
  mkdir "$root/sys/fs/cgroup/$controller"
  case $controller in
    systemd) mount -t cgroup -o none,name=systemd cgroup "$root/sys/fs/cgroup/systemd" ;;
    unified) mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup/unified" ;;
    *) mount -t cgroup -o "$controller" cgroup "$root/sys/fs/cgroup/$controller" ;;
  esac
done

# Both ends of eth0 are here: it leads nowhere, but kubelet wants a default route.
ip link set lo up
ip link add eth0 type veth peer name eth0-peer
ip link set eth0-peer up
ip link set eth0 up
ip address add "$address/24" dev eth0
ip route add default via "${address%.*}.254" dev eth0
hostname "$name"
echo "$name" >"$root/etc/hostname"
printf '127.0.0.1 localhost\n%s %s\n' "$address" "$name" >"$root/etc/hosts"
tr -d - </proc/sys/kernel/random/uuid >"$root/etc/machine-id"

cd "$root"
mkdir .machine
pivot_root . .machine
cd /
umount -l /.machine
rmdir /.machine
mount --make-rshared /
exec </dev/null >/var/log/boot.log 2>&1
exec env -i container=subpathfix-node TERM=dumb PATH=/usr/sbin:/usr/bin SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1 \
  /lib/systemd/systemd systemd.unified_cgroup_hierarchy=0 SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1
