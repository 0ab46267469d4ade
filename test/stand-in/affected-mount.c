/*
 * Stand-in for the mount(8) of util-linux 2.41.
 *
 * For the one call that kubelet makes for a subPath,
 *     mount --no-canonicalize -o bind SOURCE TARGET
 * it does what libmount 2.41 does: it clones SOURCE without following a
 * trailing symbolic link, and moves the clone onto TARGET. For a magic link
 * (/proc/PID/fd/N) that is the link itself; the kernel then either binds the
 * link (on a file) or refuses (on a directory). The results are the kernel's.
 *
 * kubelet makes each bind mount in two steps, and after the first calls
 *     mount --no-canonicalize -o bind,remount SOURCE TARGET
 * (doMount with bindRemountOpts, k8s.io/mount-utils mount_linux.go). Here too
 * a link at the end is not followed: the mount of the link is remounted.
 *
 * With LIBMOUNT_FORCE_MOUNT2=always, and for every other invocation, the
 * system's own mount is executed instead.
 *
 * The name of the system's mount can be set at build time with
 * -DSYSTEM_MOUNT='"/usr/bin/mount"'.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYSTEM_MOUNT
#define SYSTEM_MOUNT "/usr/bin/mount"
#endif

/* exit status of mount(8) for a mount that failed */
#define MOUNT_EX_FAIL 32

static int run_system_mount(char **argv)
{
	execv(SYSTEM_MOUNT, argv);
	fprintf(stderr, "affected-mount: %s: %s\n", SYSTEM_MOUNT, strerror(errno));
	return 127;
}

static int is_subpath_call(int argc, char **argv, const char *options)
{
	return argc == 6 && strcmp(argv[1], "--no-canonicalize") == 0 &&
	       strcmp(argv[2], "-o") == 0 && strcmp(argv[3], options) == 0;
}

static int remount(const char *target)
{
	struct mount_attr attr = {
		.attr_clr = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC,
	};
	int fd = (int)syscall(SYS_open_tree, AT_FDCWD, target, OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW);

	if (fd >= 0 && syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH, &attr, sizeof(attr)) == 0)
		return 0;
	if (errno == EINVAL)
		fprintf(stderr,
			"mount: %s: mount point not mounted or bad option.\n"
			"       dmesg(1) may have more information after failed mount system call.\n",
			target);
	else
		fprintf(stderr, "mount: %s: remount failed: %s.\n", target, strerror(errno));
	return MOUNT_EX_FAIL;
}

int main(int argc, char **argv)
{
	const char *force = getenv("LIBMOUNT_FORCE_MOUNT2");
	const char *source, *target;
	int fd;

	if (argc == 2 && (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0)) {
		puts("mount from util-linux 2.41 (libmount 2.41.0: btrfs, namespaces, idmapping, fd-based-mount, statmount, assert, debug)");
		return 0;
	}
	if (force && strcmp(force, "always") == 0)
		return run_system_mount(argv);
	if (is_subpath_call(argc, argv, "bind,remount"))
		return remount(argv[5]);
	if (!is_subpath_call(argc, argv, "bind"))
		return run_system_mount(argv);

	source = argv[4];
	target = argv[5];
	fd = (int)syscall(SYS_open_tree, AT_FDCWD, source,
			  OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW);
	if (fd < 0) {
		fprintf(stderr, "mount: %s: open_tree() failed: %s.\n", target, strerror(errno));
		return MOUNT_EX_FAIL;
	}
	if (syscall(SYS_move_mount, fd, "", AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH) != 0) {
		if (errno == EINVAL || errno == ENOTDIR)
			fprintf(stderr,
				"mount: %s: wrong fs type, bad option, bad superblock on %s, missing codepage or helper program, or other error.\n"
				"       dmesg(1) may have more information after failed mount system call.\n",
				target, source);
		else
			fprintf(stderr, "mount: %s: move_mount() failed: %s.\n", target, strerror(errno));
		return MOUNT_EX_FAIL;
	}
	return 0;
}
