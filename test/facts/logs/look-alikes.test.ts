/** What only looks like the defect: never proven, never likely. */
import { expect, it } from 'vitest';
import { findingsIn } from '../../helpers/diagnosed.ts';

const uid = '0c0ffee0-1111-4222-8333-444455556666';
const pod = `/var/lib/kubelet/pods/${uid}`;
const subpath = `${pod}/volume-subpaths/config/app/0`;
const csi = `${pod}/volumes/kubernetes.io~csi/pvc-1/mount`;
const prepare = 'failed to prepare subPath for volumeMount "config" of container "app"';
const because = (reason: string): string =>
  `E0605 16:46:11.6 1342 kubelet_pods.go:349] "Failed to prepare subPath for volumeMount of the container" err="${reason}" containerName="app" volumeMountName="config"`;
const spec = (path: string): string =>
  `failed to generate spec: failed to mkdir "${path}": mkdir ${path}: file exists`;
const output = (target: string, words: string): string => `Output: mount: ${target}: ${words}`;
const fsType = 'wrong fs type, bad option, bad superblock on';
const rest = 'missing codepage or helper program, or other error.';

it.each<[text: string, looksLike: string[]]>([
  // a mount that is dead, in no subPath
  [spec(csi), ['dead-csi']],
  [`Error: ${spec('/var/lib/kubelet/plugins/kubernetes.io/csi/smb.csi.k8s.io/1/globalmount')}`, ['dead-csi']],
  [`MountVolume.SetUp failed for volume "pvc-1" : mkdir ${csi}: file exists`, ['dead-csi']],
  [spec(`${pod}/volumes/kubernetes.io~nfs/data`), ['dead-csi']],
  [spec(`${pod}/volumes/kubernetes.io~secret/tls`), ['dead-csi']],
  [spec('/mnt/data'), ['file-in-the-way']],
  [spec('/srv/backup/volume-subpath'), ['file-in-the-way']],
  ['mkdir /etc/cni/net.d: file exists', ['file-in-the-way']],
  ['mkdir "/data": file exists', ['file-in-the-way']],
  [`stat ${subpath}: transport endpoint is not connected`, ['dead-fuse']],
  [
    because(`error checking path ${subpath} for mount: stat ${subpath}: transport endpoint is not connected`),
    ['dead-fuse'],
  ],
  [`lstat ${subpath}: software caused connection abort`, ['dead-fuse']],
  [because(`error mounting: lstat ${csi}: host is down`), ['dead-fuse']],
  // kubernetes #139535, #71584 and #68316
  [because(`error creating directory ${subpath}: mkdir ${subpath}: file exists`), ['gone-target']],
  [
    `error cleaning subPath mounts for volume "config" (UniqueName: "x") pod "${uid}": lstat ${subpath}: stale NFS file handle`,
    ['stale-nfs'],
  ],
  [
    `error cleaning subPath mounts for volume "config": error reading ${pod}/volume-subpaths/config/app: stale file handle`,
    ['stale-nfs'],
  ],
  [
    `error cleaning subPath mounts for volume "config": lstat ${subpath}: transport endpoint is not connected`,
    ['dead-fuse'],
  ],
  // rootless k3s, and other mounts of /proc
  ['Mounting arguments: -t proc -o bind,remount /proc/12/fd/7 /proc', ['remount']],
  [`Mounting arguments: -o bind,remount,ro /proc/12/fd/7 ${subpath}`, ['remount']],
  ['mount -o bind,remount /proc/sys', ['remount']],
  [output('/mnt/x', `${fsType} /proc/7/fd/9, ${rest}`), ['other-mount']],
  [output('/run/user/1000/doc', `${fsType} /proc/7/fd/9, ${rest}`), ['other-mount']],
  [
    output('/var/lib/containers/storage/overlay/x/merged', `${fsType} /proc/7/fd/9, ${rest}`),
    ['other-mount'],
  ],
  [`${output('/mnt/x', `${fsType} /proc/7/fd/9, ${rest}`)} see ${subpath}`, ['other-mount']],
  ['mount --bind /proc/7/fd/9 /mnt/x', []],
  ['mount --no-canonicalize -o bind /proc/7/fd/9 /mnt/x', []],
  // a real device
  [output('/mnt/x', `${fsType} /dev/sda1, ${rest}`), ['wrong-device']],
  [output(csi, `${fsType} /dev/rbd0, ${rest}`), ['wrong-device']],
  [output(subpath, `${fsType} /dev/vdb, ${rest}`), ['wrong-device']],
  [output(`${pod}/volumes/kubernetes.io~iscsi/x`, `${fsType} /dev/mapper/mpatha, ${rest}`), ['wrong-device']],
  [output('/mnt/x', `${fsType} overlay, ${rest}`), ['wrong-device']],
  [output('/mnt/x', `${fsType} /proc/self/mountinfo, ${rest}`), ['wrong-device']],
  [output('/mnt/x', `${fsType} //server/share, ${rest}`), ['wrong-device']],
  [
    `${output(
      `${pod}/volumes/kubernetes.io~nfs/x`,
      'bad option; for several filesystems (e.g. nfs, cifs) you might need a /sbin/mount.<type> helper program.',
    )} wrong fs type`,
    ['missing-helper'],
  ],
  [output(subpath, "unknown filesystem type 'ceph'."), ['missing-helper']],
  [output(subpath, 'special device /proc/812/fd/31 does not exist.'), ['missing-source']],
  [output(subpath, 'mount point does not exist.'), ['missing-source']],
  [output(subpath, 'target is busy.'), ['busy']],
  // the symptom, with its reason
  [`couldn't find key app.conf in ConfigMap shop/config`, ['missing-key']],
  [`Error: couldn't find key password in Secret shop/db`, ['missing-key']],
  [`  message: 'Error: couldn''t find key nokey in ConfigMap shop/settings'`, ['missing-key']],
  [because('configmap "config" not found'), ['missing-key']],
  [because('secret "tls" not found'), ['missing-key']],
  [
    `MountVolume.SetUp failed for volume "config" : references non-existent config key: app.conf subPath`,
    ['missing-key'],
  ],
  [
    because(`error creating file ${pod}/volumes/kubernetes.io~nfs/x/app.conf: read-only file system`),
    ['read-only'],
  ],
  [because(`mkdir ${csi}/data: read-only file system`), ['read-only']],
  [
    `failed to create subPath directory for volumeMount "config" of container "app": mkdir ${csi}/a: read-only file system`,
    ['read-only'],
  ],
  [because(`mkdir ${csi}/data: permission denied`), ['no-permission']],
  [because(`error creating file ${subpath}: open ${subpath}: permission denied`), ['no-permission']],
  [because(`chmod ${csi}: operation not permitted`), ['no-permission']],
  [because(`mkdir ${subpath}: no space left on device`), ['no-space']],
  [because(`open ${subpath}: too many open files`), ['no-space']],
  [because(`mkdir ${csi}/x: disk quota exceeded`), ['no-space']],
  [because(`subpath "../x" not within volume path`), ['bad-subpath']],
  [`volumeMounts[0].subPath: Invalid value: "../x": must not contain '..'`, ['bad-subpath']],
  [because(`mkdir ${csi}/a/b: not a directory`), ['bad-subpath']],
  [
    `error mounting "${subpath}" to rootfs at "/etc/app.conf": not a directory: unknown: Are you trying to mount a directory onto a file (or vice-versa)?`,
    ['bad-subpath'],
  ],
  [because(`lstat ${csi}/a: input/output error`), ['failed-disk']],
  [`read ${subpath}: structure needs cleaning`, ['failed-disk']],
  // words of it in another context
  ['the fix for "wrong fs type" of util-linux 2.41', []],
  ['failed to prepare subPath', []],
  [`I0605 subpath_linux.go:230] bind mounting "/proc/1342/fd/54" at "${subpath}"`, []],
  [
    `I0605 mount_linux.go:220] Mounting cmd (mount) with arguments (--no-canonicalize -o bind /proc/7/fd/9 ${subpath})`,
    [],
  ],
  [`I0605 subpath_linux.go:236] Bound SubPath /x into ${subpath}`, []],
  [`I0605 subpath_linux.go:250] Successfully unmounted ${subpath}`, []],
  [`var-lib-kubelet-pods-x-volume\\x2dsubpaths-config-app-0.mount: Deactivated successfully.`, []],
  [`sudo ls ${subpath}`, []],
  [`40 30 0:21 / ${subpath} rw shared:2 - ext4 /dev/vda rw`, []],
  [`rm: cannot remove '${subpath}': Device or resource busy`, ['busy']],
  [`ln: failed to create symbolic link '${subpath}': File exists`, []],
  [`open ${subpath}: no such file or directory`, []],
  [`mkdir ${subpath}: no such file or directory`, []],
  [`-- volumeMounts: - name: config, subPath: app.conf, mountPath: /etc/app.conf`, []],
  ['', []],
])('%s', async (text, looksLike) => {
  const found = await findingsIn(`${text}\n`);
  expect(found.filter(({ strength }) => strength !== 'other')).toEqual([]);
  expect([...new Set(found.flatMap((each) => each.looksLike))]).toEqual(looksLike);
});

it('explains the symptom of the same mount', async () => {
  const synced = `E0605 pod_workers.go:1301] "Error syncing pod" err="${prepare}" pod="shop/web" podUID="${uid}"`;
  const reason = because(`mkdir ${csi}/a: read-only file system`);
  for (const lines of [
    [reason, synced],
    [synced, reason],
  ]) {
    expect(await findingsIn(lines.join('\n'))).toMatchObject([
      { strength: 'other', looksLike: ['read-only'], pod: { uid } },
    ]);
  }
  expect(await findingsIn(synced)).toMatchObject([{ strength: 'unclear' }]);
});

it('does not hide the defect of the same pod', async () => {
  const reason = because(`mkdir ${csi}/a: read-only file system`);
  expect(await findingsIn(`${reason}\n${spec(subpath)}\n${prepare} ${subpath}`)).toMatchObject([
    { strength: 'proven' },
  ]);
});
