/** The mounts that the defect left behind, told by the mount table alone. */
import type { Host } from '../../host/host.ts';
import { eachMount, type Mount } from './mountinfo.ts';

/** Where kubelet mounts a subPath: <kubelet root>/pods/<uid>/volume-subpaths/<volume>/<container>/<index> */
interface SubpathPlace {
  kubeletRoot: string;
  podUid: string;
  volume: string;
  container: string;
}

interface MountRef {
  /** unique among the mounts of a moment */
  id: number;
  mountPoint: string;
}

/** A magic link /proc/<pid>/fd/<fd> that was mounted in place of the file that it leads to. */
export interface Leftover extends MountRef {
  index: number;
  /** of the kubelet that made the mount */
  pid: number;
  fd: number;
  /** the kernel has dropped the link: its process has ended, or closed the file */
  deleted: boolean;
}

/** The directory of a container's mounts from one volume: what is removed at once. */
export interface LeftoverDirectory extends SubpathPlace {
  path: string;
  leftovers: Leftover[];
  /** the other mounts under it, which go too when it is cleaned */
  siblings: MountRef[];
  /** the mounts that the leftovers are on are all shared */
  shared: boolean;
  /** false: its name is not UTF-8, so that no program can be given it */
  exact: boolean;
}

/** A mount of kubelet's for a subPath that is no leftover of this defect. */
export interface OtherMount extends SubpathPlace, MountRef {
  fsType: string;
  exact: boolean;
}

export interface Leftovers {
  directories: LeftoverDirectory[];
  /** sound ones for the most part */
  others: OtherMount[];
  /** lines of the mount table that could not be read */
  malformed: number;
}

const place = /^(.*)\/pods\/([^/]+)\/volume-subpaths\/([^/]+)\/([^/]+)\/(\d+)$/s;
const link = /^\/([1-9]\d*)\/fd\/(\d+)$/;
const under = '/volume-subpaths/';

/** A part of a string keeps the whole of it in memory, which is a piece of the table. */
const copyOf = (text: string): string => Buffer.from(text).toString();

/** What of a mount table matters here: the rest may be hundreds of thousands. */
class Collector {
  readonly #shared = new Set<number>();
  readonly #kept: Mount[] = [];

  add(mount: Mount): void {
    if (mount.shared) this.#shared.add(mount.id);
    if (!mount.mountPoint.includes(under)) return;
    this.#kept.push({ ...mount, mountPoint: copyOf(mount.mountPoint), root: copyOf(mount.root) });
  }

  result(malformed: number): Leftovers {
    const directories = new Map<string, LeftoverDirectory>();
    const found = new Set<number>();
    const others: OtherMount[] = [];
    for (const mount of this.#kept) {
      const { id, mountPoint, exact, fsType } = mount;
      const at = place.exec(mountPoint);
      if (!at) continue;
      const [, kubeletRoot = '', podUid = '', volume = '', container = '', index] = at;
      const where = { kubeletRoot: kubeletRoot || '/', podUid, volume, container };
      const source = fsType === 'proc' ? link.exec(mount.root) : null;
      if (!source) {
        others.push({ ...where, id, mountPoint, exact, fsType });
        continue;
      }
      const path = mountPoint.slice(0, mountPoint.lastIndexOf('/'));
      const directory = directories.get(path) ?? {
        ...where,
        path,
        leftovers: [],
        siblings: [],
        shared: true,
        exact,
      };
      directories.set(path, directory);
      found.add(id);
      directory.shared &&= this.#shared.has(mount.parentId);
      const [pid, fd] = [Number(source[1]), Number(source[2])];
      directory.leftovers.push({ id, mountPoint, index: Number(index), pid, fd, deleted: mount.deleted });
    }
    for (const { id, mountPoint } of this.#kept) {
      if (found.has(id)) continue;
      for (const path of directoriesAbove(mountPoint)) {
        directories.get(path)?.siblings.push({ id, mountPoint });
      }
    }
    return { directories: [...directories.values()], others, malformed };
  }
}

function* directoriesAbove(path: string): Generator<string> {
  for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1))
    yield path.slice(0, end);
}

/** The leftovers among the mounts of one mount table. */
export function leftoversOf(mounts: Iterable<Mount>, malformed = 0): Leftovers {
  const collector = new Collector();
  for (const mount of mounts) collector.add(mount);
  return collector.result(malformed);
}

/**
 * The leftovers in a mount table that the host has.
 * @param path such as /proc/self/mountinfo
 * @throws {ReadError}
 */
export async function readLeftovers(host: Host, path = '/proc/self/mountinfo'): Promise<Leftovers> {
  const collector = new Collector();
  return collector.result(await eachMount(host, path, (mount) => collector.add(mount)));
}

/** Why a directory cannot be cleaned by propagation; null when it can. */
export function whyNot({ shared, exact }: LeftoverDirectory): string | null {
  if (!exact) return 'its name is not UTF-8, so that it cannot be given to mount; unmount it by hand';
  if (!shared) {
    return 'the mount that it is on is not shared, so that nothing propagates to it; make that shared (mount --make-shared, systemd does so for /), or restart the node';
  }
  return null;
}
