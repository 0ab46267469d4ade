/** The forms in which people have these logs, by hand: each says the same. */
import { describe, expect, it } from 'vitest';
import { earlyBytes } from '../../../src/facts/logs/scan.ts';
import { findingsIn, readAll, summaries, summary } from '../../helpers/diagnosed.ts';

const uid = '0c0ffee0-1111-4222-8333-444455556666';
const pods = '/var/lib/kubelet/pods';
const file = `${pods}/${uid}/volume-subpaths/config/app/0`;
const directory = `${pods}/${uid}/volume-subpaths/data/db/1`;

const mkdir = `failed to generate container "1234" spec: failed to generate spec: failed to mkdir "${file}": mkdir ${file}: file exists`;
const refused = `mount: ${directory}: wrong fs type, bad option, bad superblock on /proc/812/fd/31, missing codepage or helper program, or other error.`;
const quoted = (text: string): string => text.replace(/[\\"]/g, '\\$&');
const twice = (text: string): string => quoted(quoted(text));

/** Kubelet's record of several lines, as klog writes it. */
const klog = [
  'E0605 16:46:11.665458    1342 mount_linux.go:282] Mount failed: exit status 32',
  'Mounting command: mount',
  `Mounting arguments: --no-canonicalize -o bind /proc/812/fd/31 ${directory}`,
  `Output: ${refused}`,
  '       dmesg(1) may have more information after failed mount system call.',
  '',
  'E0605 16:46:11.665658    1342 kubelet_pods.go:349] "Failed to prepare subPath for volumeMount of the container" err=<',
  `\terror mounting ${directory}: mount failed: exit status 32`,
  '\tMounting command: mount',
  `\tMounting arguments: --no-canonicalize -o bind /proc/812/fd/31 ${directory}`,
  `\tOutput: ${refused}`,
  ' > containerName="db" volumeMountName="data"',
];
const bound = [
  `I0605 16:46:11.665458    1342 subpath_linux.go:230] bind mounting "/proc/1342/fd/54" at "${file}"`,
  `I0605 16:46:11.667821    1342 subpath_linux.go:236] Bound SubPath ${pods}/${uid}/volumes/kubernetes.io~configmap/config/..2025/app.conf into ${file}`,
];
const containerd = `time="2025-06-05T16:46:11.669028561+02:00" level=error msg="CreateContainer within sandbox \\"dbaf\\" for &ContainerMetadata{Name:app,Attempt:0,} failed" error="${quoted(mkdir)}"`;
const syncing = `E0605 16:46:11.694 1342 pod_workers.go:1301] "Error syncing pod, skipping" err="failed to \\"StartContainer\\" for \\"app\\" with CreateContainerError: \\"${twice(mkdir)}\\"" pod="shop/web" podUID="${uid}"`;

const both = [`proven ${uid} app/config/0`];
const words = [`proven ${uid} db/data/1`];
const half = [`likely ${uid} app/config/0`];

const logrus = (message: string, component: string): string =>
  `time="2025-06-05 16:46:11" level=info msg="${quoted(message)}" component=${component} stream=stderr`;
const prefixed = (lines: string[], prefix: string): string => lines.map((line) => prefix + line).join('\n');

describe('a log', () => {
  it.each<[form: string, text: string, found: string[]]>([
    ["klog's text", klog.join('\n'), words],
    [
      "klog's JSON",
      JSON.stringify({
        ts: 1749134771665.4,
        caller: 'mount/mount_linux.go:282',
        msg: `Mount failed: exit status 32\nMounting arguments: --no-canonicalize -o bind /proc/812/fd/31 ${directory}\nOutput: ${refused}\n`,
        v: 0,
      }),
      words,
    ],
    [
      "klog's JSON of a pod",
      JSON.stringify({
        ts: 1749134771665.4,
        msg: 'Error syncing pod, skipping',
        pod: { name: 'web', namespace: 'shop' },
        podUID: uid,
        err: `failed to "StartContainer" for "app" with CreateContainerError: ${JSON.stringify(mkdir)}`,
      }),
      ['likely shop/web app/config/0'],
    ],
    ["containerd's logfmt", containerd, half],
    [
      "containerd's JSON",
      JSON.stringify({
        error: mkdir,
        level: 'error',
        msg: 'CreateContainer within sandbox "dbaf" failed',
        time: '2025-06-05T16:46:11.669Z',
      }),
      half,
    ],
    ['escaped slashes', JSON.stringify({ error: mkdir }).replaceAll('/', '\\/'), half],
    [
      // As CRI-O's source has it (server/container_create_linux.go); not recorded from one.
      'CRI-O',
      `time="2025-06-05 16:46:11.646456375+02:00" level=error msg="Error creating container: failed to mkdir ${file}: mkdir ${file}: file exists" id=364b name=/runtime.v1.RuntimeService/CreateContainer`,
      half,
    ],
    [
      'k0s, quoted once',
      prefixed(
        [
          ...bound,
          `E0605 16:46:11.693940 369 log.go:32] "CreateContainer in sandbox from runtime service failed" err="rpc error: ${mkdir}"`,
        ],
        '',
      )
        .split('\n')
        .map((line) => logrus(line, 'kubelet'))
        .join('\n'),
      both,
    ],
    [
      'k0s, quoted twice',
      [...bound.map((line) => logrus(line, 'kubelet')), logrus(containerd, 'containerd')].join('\n'),
      both,
    ],
    ['k0s, quoted three times', logrus(syncing, 'kubelet'), ['likely shop/web app/config/0']],
    [
      'k0s, a record of each line',
      klog.map((line) => logrus(line.replace('\t', '\\t'), 'kubelet')).join('\n'),
      words,
    ],
    [
      'k3s, all in one unit',
      prefixed([...bound, containerd, ...klog], 'Jun 05 16:46:11 node1 k3s[812]: '),
      [`proven ${uid} app/config/0 db/data/1`],
    ],
    ['the journal with its first letters cut', prefixed(klog, 'n 05 16:46:11 node1 kubelet[812]: '), words],
    ['the journal as cat', [...bound, containerd].join('\n'), both],
    ['quotation marks of Markdown', prefixed(klog, '> '), words],
    ['quotation marks in quotation marks', prefixed(klog, '> > '), words],
    ['a block of Markdown', prefixed(['```', ...klog, '```'], '    '), words],
    [
      'lines cut by a pager',
      [...bound, `${syncing.slice(0, -30)} pod>`].join('\n'),
      ['proven shop/web app/config/0'],
    ],
    ['carriage returns', klog.join('\r\n'), words],
    ['colours', prefixed(klog, '\u001b[0;1;31m').replaceAll('\n', '\u001b[0m\n'), words],
    [
      "grep's colours",
      `${refused.replaceAll('volume-subpaths', '\u001b[01;31m\u001b[Kvolume-subpaths\u001b[m\u001b[K')}\n`,
      words,
    ],
    ['bytes that are not UTF-8', `\u00ff\u0000${klog.join('\u0000\n\u0080')}`, words],
    [
      'the byte lists of the journal',
      JSON.stringify({ MESSAGE: [...Buffer.from(`\u001b[31mOutput: ${refused}`)], _PID: '7' }),
      words,
    ],
    ['no newline at its end', `Output: ${refused}`, words],
    [
      'folded YAML',
      `  message: 'Error: failed to generate spec: failed to mkdir "${file}":\n    mkdir ${file}:\n    file exists'\n`,
      half,
    ],
    [
      'a row of events',
      `2m    Warning   Failed   pod/web   Error: ${mkdir}\n1m    Warning   Failed   pod/web   Error: failed to prepare subPath for volumeMount "config" of container "app"`,
      ['proven web app/config/0'],
    ],
    [
      "mount's words without what they are about",
      's/data/db/1: wrong fs type, bad option, bad superblock on /proc/812/fd/31, missing codepage',
      ['likely (no pod named) null/null/-'],
    ],
    ["kubelet's arguments alone", klog[2] ?? '', [`likely ${uid} db/data/1`]],
    [
      'a link to nowhere',
      `Output: mount: ${file}: mount point is a symbolic link to nowhere.`,
      [`aftermath ${uid} app/config/0`],
    ],
    [
      'a leftover in the way',
      `Output: mount: ${file}: move_mount() failed: No such file or directory.`,
      [`aftermath ${uid} app/config/0`],
    ],
    [
      'the same of 2.40',
      `Output: mount: ${file}: move_mount system call failed: No such file or directory.`,
      [`aftermath ${uid} app/config/0`],
    ],
    ['umount', `Output: umount: ${file}: no mount point specified.`, [`aftermath ${uid} app/config/0`]],
    [
      "busybox' umount",
      `Output: umount: can't unmount ${file}: Permission denied`,
      [`aftermath ${uid} app/config/0`],
    ],
    [
      'a deletion that hangs',
      `Error: error cleaning subPath mounts for volume "config" (UniqueName: "x") pod "${uid}" (UID: "${uid}") : error deleting ${pods}/${uid}/volume-subpaths/config/app: directory not empty`,
      [`aftermath ${uid} app/config/-`],
    ],
    [
      'the symptom alone',
      `E0605 pod_workers.go] failed to prepare subPath for volumeMount "config" of container "app" pod="shop/web" podUID="${uid}"`,
      ['unclear shop/web app/config/-'],
    ],
    [
      'a static pod',
      mkdir.replaceAll(uid, '0123456789abcdef0123456789abcdef'),
      ['likely 0123456789abcdef0123456789abcdef app/config/0'],
    ],
    ['mounts that work', bound.join('\n'), []],
  ])('in the form of %s', async (_, text, found) => {
    expect(await summaries(text)).toEqual(found);
  });

  it('has the name of a pod for its UID wherever it stands', async () => {
    const text = [
      containerd,
      `E0605 "Error syncing pod" pod="shop/web" podUID="${uid}" err="failed to prepare subPath for volumeMount \\"config\\" of container \\"app\\""`,
    ];
    for (const lines of [text, text.toReversed()])
      expect(await summaries(lines.join('\n'))).toEqual(['proven shop/web app/config/0']);
  });

  it('is one finding a pod, whatever the number of its mounts', async () => {
    const other = mkdir.replaceAll('/config/app/0', '/config/side/2');
    expect(await summaries(`${mkdir}\n${other}\n`)).toEqual([`likely ${uid} app/config/0 side/config/2`]);
  });

  it('takes the year of the last such day', async () => {
    const [now, before] = await Promise.all([
      findingsIn(`Nov 20 10:00:00 n k: ${mkdir}`),
      findingsIn(`Dec 20 10:00:00 n k: ${mkdir}`),
    ]);
    expect([now[0]?.firstSeen, before[0]?.firstSeen]).toEqual(['2026-11-20T10:00:00', '2025-12-20T10:00:00']);
  });
});

describe('far into a large log, where fewer words are looked for,', () => {
  const others = Buffer.from('I0605 16:46:11 1342 kubelet.go:2] "SyncLoop" source="api"\n'.repeat(20_000));
  const before = Array<Buffer>(Math.ceil(earlyBytes / others.length) + 1).fill(others);

  it.each([
    ["containerd's mkdir", containerd],
    ["mount's words", klog.join('\n')],
    [
      'what kubelet says of the pod',
      `E0605 "Error syncing pod" pod="shop/web" podUID="${uid}" err="failed to prepare subPath for volumeMount \\"config\\" of container \\"app\\""`,
    ],
    [
      'an event of the pod',
      'shop 2m Warning Failed pod/web Error: failed to prepare subPath for volumeMount "config" of container "app"',
    ],
  ])('%s is found as it is at the beginning', async (_, text) => {
    const early = await summaries(text);
    expect(early).toHaveLength(1);
    const { findings } = await readAll([...before, Buffer.from(text)]);
    expect(findings.map(summary)).toEqual(early);
  });
});
