/** What looks like the defect and is not: other causes of a subPath or volume that cannot be mounted. */

interface LookAlike {
  code: string;
  /** what it is and what to do, for people */
  text: string;
  pattern: RegExp;
}

/** The first that matches counts. A pattern holds for one line, without the quotings of its log. */
export const lookAlikes = [
  {
    code: 'gone-target',
    text: "the directory behind a subPath was removed or its server is gone (kubernetes #139535); unmount the pod's subPath by hand, or restart the node",
    pattern: /error creating directory \S*\/volume-subpaths\/\S+: mkdir \S+: file exists/,
  },
  {
    code: 'stale-nfs',
    text: 'a network volume whose server is gone (stale file handle; kubernetes #68316): restore the server, or unmount the volume',
    pattern: /stale (?:NFS )?file handle/i,
  },
  {
    code: 'dead-fuse',
    text: 'a FUSE, SMB or CSI mount whose process has ended: restart its driver, or unmount it',
    pattern: /transport endpoint is not connected|software caused connection abort|host is down/i,
  },
  {
    code: 'dead-csi',
    text: 'a volume whose CSI, SMB or FUSE mount is dead (no volume-subpaths in the path): restart its driver, or unmount it',
    pattern: /mkdir "?\S*\/(?:volumes|plugins|globalmount)\/\S*: file exists/,
  },
  {
    code: 'missing-key',
    text: 'a ConfigMap or Secret, or a key of it, that does not exist',
    pattern:
      /couldn'{1,2}t find key|references non-existent (?:config|secret) key|(?:configmap|secret) "[^"]*" not found/i,
  },
  {
    code: 'read-only',
    text: 'a volume that is read-only, in which kubelet cannot create the subPath',
    pattern: /read-only file ?system/i,
  },
  {
    code: 'no-space',
    text: 'a disk, or the number of its files or mounts, that is full',
    pattern: /no space left on device|too many (?:open files|mounts)|disk quota exceeded/i,
  },
  {
    code: 'no-permission',
    text: 'a volume that kubelet or the container must not write to (permissions, root squash, SELinux or AppArmor)',
    pattern: /permission denied|operation not permitted/i,
  },
  {
    code: 'bad-subpath',
    text: 'a subPath that leads out of its volume, is not a directory where one is needed, or the reverse',
    pattern:
      /must not contain '\.\.'|not within volume|is not a directory or vice[- ]versa|mount a directory onto a file|: not a directory|failed to expand subpath/i,
  },
  {
    code: 'failed-disk',
    text: 'a disk or file system that fails (input/output error): see the kernel log',
    pattern: /input\/output error|structure needs cleaning/i,
  },
  {
    code: 'remount',
    text: 'a remount of a directory of /proc, as rootless k3s does it',
    pattern: /-o \S*bind,remount\S*/,
  },
  {
    code: 'missing-helper',
    text: 'a file system that needs a mount helper (nfs-utils, cifs-utils) which is not installed',
    pattern:
      /you might need a \/sbin\/mount\.<?\w+>? helper|unknown filesystem type|mount\.\w+: (?:command )?not found/,
  },
  {
    code: 'wrong-device',
    text: 'a device with another file system than the one that was asked for, or a damaged one',
    pattern: /wrong fs type, bad option, bad superblock on (?!\/proc\/\d+\/fd\/\d)/,
  },
  {
    code: 'other-mount',
    text: 'a mount of an open file, but not onto a subPath of kubelet',
    pattern:
      /mount: \/(?!\S*\/volume-subpaths\/)\S*: wrong fs type, bad option, bad superblock on \/proc\/\d+\/fd\/\d/,
  },
  {
    code: 'busy',
    text: 'a mount that is still in use',
    pattern: /(?:device or resource|target is) busy/i,
  },
  {
    code: 'missing-source',
    text: 'a directory or device that does not exist',
    pattern: /special device \S+ does not exist|mount point does not exist|mount\(2\) system call failed/i,
  },
  {
    code: 'file-in-the-way',
    text: 'a file where a directory is to be made, in no subPath of kubelet',
    pattern: /mkdir "?(?!\S*\/volume-subpaths\/)\/\S*: file exists/,
  },
] as const satisfies readonly LookAlike[];

export type LookAlikeCode = (typeof lookAlikes)[number]['code'];

/** Those that hold although the line has a message of the defect too. */
const despite = new Set<string>(['gone-target', 'stale-nfs', 'dead-fuse', 'other-mount']);
const despiteSignature = lookAlikes.filter(({ code }) => despite.has(code));

/**
 * What a line shows instead of the defect; null if it is nothing known.
 * @param hasSignature whether it has a message that can only be the defect's, or of what it left
 */
export const lookAlikeOf = (text: string, hasSignature: boolean): LookAlikeCode | null =>
  (hasSignature ? despiteSignature : lookAlikes).find(({ pattern }) => pattern.test(text))?.code ?? null;

/** What it is, for people. */
export const lookAlikeText = (code: LookAlikeCode): string =>
  lookAlikes.find((each) => each.code === code)?.text ?? code;
