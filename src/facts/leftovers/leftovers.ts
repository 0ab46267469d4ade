/** The mounts that the defect left behind, from the mount table alone. */
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
  /** unique at any one time */
  id: number;
  mountPoint: string;
}

/** A magic link /proc/<pid>/fd/<fd> that was mounted instead of the file that it points to. */
export interface Leftover extends MountRef {
  index: number;
  /** of the kubelet that made the mount */
  pid: number;
  fd: number;
  /** the kernel has dropped the link: its process has ended, or closed the file */
  deleted: boolean;
}

/** The directory of a container's mounts from one volume, which is removed as a whole. */
export interface LeftoverDirectory extends SubpathPlace {
  path: string;
  leftovers: Leftover[];
  /** the other mounts under it, which are removed with it */
  siblings: MountRef[];
  /** the mounts that the leftovers are on are all shared */
  shared: boolean;
  /** false: its name is not UTF-8, so it cannot be passed to a program */
  exact: boolean;
}

/** A subPath mount of kubelet that is not a leftover of this defect. */
export interface OtherMount extends SubpathPlace, MountRef {
  fsType: string;
  exact: boolean;
}

export interface Leftovers {
  directories: LeftoverDirectory[];
  /** mostly working ones */
  others: OtherMount[];
  /** lines of the mount table that could not be read */
  malformed: number;
}

const place = /^(.*)\/pods\/([^/]+)\/volume-subpaths\/([^/]+)\/([^/]+)\/(\d+)$/s;
const link = /^\/([1-9]\d*)\/fd\/(\d+)$/;
const under = '/volume-subpaths/';

/** A substring keeps the whole string in memory, here a piece of the table. */
const copyOf = (text: string): string => Buffer.from(text).toString();

/**
 * The leftovers in a mount table that the host has.
 * @param path such as /proc/self/mountinfo
 * @throws {ReadError}
 */
export async function readLeftovers(host: Host, path = '/proc/self/mountinfo'): Promise<Leftovers> {
  // Only what matters: the table may have hundreds of thousands of lines.
  const shared = new Set<number>();
  const kept: Mount[] = [];
  const malformed = await eachMount(host, path, (mount) => {
    if (mount.shared) shared.add(mount.id);
    if (!mount.mountPoint.includes(under)) return;
    kept.push({ ...mount, mountPoint: copyOf(mount.mountPoint), root: copyOf(mount.root) });
  });
  return { ...leftoversAmong(kept, shared), malformed };
}

/** @param shared ids of the shared mounts */
function leftoversAmong(
  mounts: Mount[],
  shared: ReadonlySet<number>,
): Pick<Leftovers, 'directories' | 'others'> {
  const directories = new Map<string, LeftoverDirectory>();
  const found = new Set<number>();
  const others: OtherMount[] = [];
  for (const { id, parentId, mountPoint, exact, fsType, root, deleted } of mounts) {
    const at = place.exec(mountPoint);
    if (!at) continue;
    const [, kubeletRoot, podUid = '', volume = '', container = '', index] = at;
    const where = { kubeletRoot: kubeletRoot || '/', podUid, volume, container };
    const source = fsType === 'proc' ? link.exec(root) : null;
    if (!source) {
      others.push({ ...where, id, mountPoint, exact, fsType });
      continue;
    }
    found.add(id);
    const path = mountPoint.slice(0, mountPoint.lastIndexOf('/'));
    const fresh = { ...where, path, leftovers: [], siblings: [], shared: true, exact };
    const directory: LeftoverDirectory = directories.get(path) ?? fresh;
    directories.set(path, directory);
    directory.shared &&= shared.has(parentId);
    const [pid, fd] = [Number(source[1]), Number(source[2])];
    directory.leftovers.push({ id, mountPoint, index: Number(index), pid, fd, deleted });
  }
  for (const { id, mountPoint } of mounts) {
    if (found.has(id)) continue;
    for (const path of directoriesAbove(mountPoint)) directories.get(path)?.siblings.push({ id, mountPoint });
  }
  return { directories: [...directories.values()], others };
}

function* directoriesAbove(path: string): Generator<string> {
  for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1))
    yield path.slice(0, end);
}
