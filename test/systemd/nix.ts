/** The Nix of the node's disk, Debian trixie's 2.26, on this machine: no node has to start for it. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { program } from '../cluster/prerequisites.ts';
import type { NixCommand } from '../helpers/nix.ts';
import { root } from '../helpers/tools.ts';
import { baseDisk } from './disk.ts';

/** In a mount namespace of its own, with which all of it ends. The project is at /mnt, scratch where it is here. */
const ENTER = `
disk=$1 at=$2 project=$3 scratch=$4
shift 4
mount -o loop,ro "$disk" "$at"
mount --rbind /proc "$at/proc"
mount -t tmpfs tmpfs "$at/var/lib"
mkdir "$at$scratch"
mount --bind "$scratch" "$at$scratch"
mount --bind "$project" "$at/mnt"
exec chroot "$at" "$@"
`;

/** Throws where the disk cannot be made. */
export async function nixOfDisk(
  scratch: string,
  report: (line: string) => void,
  name: 'nix-instantiate' | 'nix' = 'nix-instantiate',
): Promise<NixCommand> {
  const at = join(scratch, 'disk');
  await mkdir(at, { recursive: true });
  const enter = ['--mount', '--propagation', 'private', 'sh', '-eu', '-c', ENTER, 'sh'];
  return {
    file: program('unshare'),
    args: [...enter, await baseDisk(report), at, root, scratch, `/usr/bin/${name}`],
    project: '/mnt',
  };
}
