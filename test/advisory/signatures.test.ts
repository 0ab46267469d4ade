import { describe, expect, it } from 'vitest';
import { advisory } from '../../src/advisory/index.ts';
import { matchSignature, matchSignatures } from '../../src/advisory/signatures.ts';

const path = '/var/lib/kubelet/pods/u/volume-subpaths/v/c/0';
const refused = 'wrong fs type, bad option, bad superblock on /proc/7/fd/9';

describe('a signature', () => {
  it.each<[text: string, id: string, match: string]>([
    [
      `failed to mkdir "${path}": mkdir ${path}: file exists`,
      'mkdir-file-exists',
      `mkdir ${path}: file exists`,
    ],
    [`mount: ${path}: ${refused}, missing codepage or helper program`, 'bind-refused', refused],
    [
      'mount: /x: move_mount() failed: No such file or directory.',
      'move-mount-missing',
      'move_mount() failed: No such file or directory',
    ],
    [
      'mount: /x: move_mount system call failed: No such file or directory.',
      'move-mount-missing',
      'move_mount system call failed: No such file or directory',
    ],
    [
      `Output: mount: ${path}: mount point is a symbolic link to nowhere.`,
      'mount-point-nowhere',
      `mount: ${path}: mount point is a symbolic link to nowhere`,
    ],
    [
      `err="error creating file ${path}: open ${path}: no such file or directory"`,
      'create-file-missing',
      `error creating file ${path}: open ${path}: no such file or directory`,
    ],
    [
      `Output: umount: ${path}: no mount point specified.`,
      'unmount-refused',
      `umount: ${path}: no mount point specified`,
    ],
    [
      `Error: error cleaning subPath mounts for volume "v"`,
      'clean-subpath',
      'error cleaning subPath mounts for volume',
    ],
    [
      `Mounting arguments: --no-canonicalize -o bind /proc/7/fd/9 ${path}`,
      'kubelet-bind',
      `-o bind /proc/7/fd/9 ${path}`,
    ],
    [
      'Error: failed to prepare subPath for volumeMount "v" of container "c"',
      'prepare-subpath',
      'failed to prepare subPath for volumeMount',
    ],
  ])('is found in "%s"', (text, id, match) => {
    expect(matchSignature(text, advisory)).toMatchObject({ signature: { id }, match });
  });

  it.each([
    'mkdir /var/lib/kubelet/pods/u/volumes/kubernetes.io~csi/v/mount: file exists',
    'mount: bad option; for several filesystems you might need a /sbin/mount.<type> helper program',
    'mount -o bind,remount /proc/7/fd/9',
    'wrong fs type, bad option, bad superblock on /dev/sda1',
    "couldn't find key k in ConfigMap n/c",
    'read-only file system',
    '',
  ])('is not found in "%s"', (text) => {
    expect(matchSignature(text, advisory)).toBeNull();
  });

  it('is found each time, wherever it stands', () => {
    const one = `mkdir ${path}: file exists`;
    const found = matchSignatures(`${refused} ${one} and ${one}`, advisory);
    expect(found.map(({ signature, index }) => [signature.id, index])).toEqual([
      ['mkdir-file-exists', refused.length + 1],
      ['mkdir-file-exists', refused.length + one.length + 6],
      ['bind-refused', 0],
    ]);
  });

  it('is of the kind that is asked for', () => {
    const both = `${refused}; move_mount() failed: No such file or directory`;
    const id = (only: Parameters<typeof matchSignature>[2]) =>
      matchSignature(both, advisory, only)?.signature.id;
    expect(id({ proof: true })).toBe('bind-refused');
    expect(id({ proof: false })).toBe('move-mount-missing');
    expect(id({ mountSays: true, proof: false })).toBe('move-mount-missing');
    expect(id({ mountSays: false })).toBeUndefined();
  });
});
