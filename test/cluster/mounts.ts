import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { ROOT } from './layout.ts';
import { program } from './prerequisites.ts';

export interface Mount {
  mountPoint: string;
  fsType: string;
  options: string[];
}

/** The mounts of this mount namespace: proc_pid_mountinfo(5). */
export function mounts(): Mount[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [own = '', superblock = ''] = line.split(' - ');
      const [fsType = '', , options = ''] = superblock.split(' ');
      return { mountPoint: own.split(' ')[4] ?? '', fsType, options: options.split(',') };
    });
}

/** The mount points at and below the cluster's directory. */
export function ownMounts(): string[] {
  return mounts()
    .map((each) => each.mountPoint)
    .filter((path) => path === ROOT || path.startsWith(`${ROOT}/`));
}

/**
 * Makes the cluster's directory a mount of its own, shared with nothing outside. Shared, because kubelet's
 * directory is so on a node (systemd makes / shared) and the clean-up after the defect needs it; its own,
 * because everything below goes with it when it is unmounted, the dangling mounts that umount(8) refuses
 * included.
 */
export function mountRoot(): void {
  run('mount', '--bind', ROOT, ROOT);
  // By way of private: the new mount is else a peer of the file system it comes from, where that is shared.
  run('mount', '--make-private', ROOT);
  run('mount', '--make-shared', ROOT);
}

/** Throws where a mount stays: what is below may be another's files, which then must not be removed. */
export function unmountRoot(): void {
  for (let left = ownMounts(); left.length > 0; left = ownMounts()) {
    // A mount on ROOT takes with it all that was mounted since.
    const target = left.includes(ROOT) ? ROOT : (left.at(-1) ?? ROOT);
    run('umount', '--lazy', target);
  }
}

function run(name: string, ...args: string[]): void {
  execFileSync(program(name), args, { stdio: ['ignore', 'ignore', 'pipe'] });
}
