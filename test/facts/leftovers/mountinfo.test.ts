import { createWriteStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { finished } from 'node:stream/promises';
import { execa } from 'execa';
import { build } from 'rolldown';
import { describe, expect, it } from 'vitest';
import { readLeftovers } from '../../../src/facts/leftovers/leftovers.ts';
import { parseMount } from '../../../src/facts/leftovers/mountinfo.ts';
import { obstacleOf } from '../../../src/verdict/leftovers.ts';
import { fakeHost } from '../../helpers/fake-host.ts';
import { mountsIn } from '../../helpers/sweep-node.ts';
import { root, scratchDirectory } from '../../helpers/tools.ts';

const uid = '9706f0b2-f826-4129-ae47-70fdb87ed46b';
const subpath = (kubeletRoot: string, rest = 'config/app/0'): string =>
  `${kubeletRoot}/pods/${uid}/volume-subpaths/${rest}`;
const parent = '30 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw';
const link = (at: string, from = '/812/fd/31', id = 400): string =>
  `${id} 30 0:21 ${from} ${at} rw,relatime shared:7 - proc proc rw`;
const foundIn = (table: string) => readLeftovers(fakeHost({ files: { '/proc/self/mountinfo': table } }));
const found = (...lines: string[]) => foundIn([parent, ...lines, ''].join('\n'));

describe('a line of a mount table', () => {
  it.each<[what: string, line: string, mount: object | null]>([
    [
      'plain',
      '22 27 0:21 / /proc rw - proc proc rw',
      { id: 22, parentId: 27, root: '/', mountPoint: '/proc' },
    ],
    ['no optional field', '22 27 0:21 / /a rw - proc proc rw', { shared: false, fsType: 'proc' }],
    ['shared', '22 27 0:21 / /a rw shared:12 - proc proc rw', { shared: true }],
    ['slave alone', '22 27 0:21 / /a rw master:12 - proc proc rw', { shared: false }],
    ['several', '22 27 0:21 / /a rw shared:3 master:1 propagate_from:2 - proc proc rw', { shared: true }],
    ['unbindable', '22 27 0:21 / /a rw unbindable - proc proc rw', { shared: false }],
    [
      'escapes',
      String.raw`1 2 0:3 / /a\040b\011c\012d\134e rw - tmpfs none rw`,
      { mountPoint: '/a b\tc\nd\\e' },
    ],
    ['escapes once', String.raw`1 2 0:3 / /\134040 rw - tmpfs none rw`, { mountPoint: '/\\040' }],
    ['deleted', '1 2 0:3 /812/fd/31//deleted /a rw - proc proc rw', { root: '/812/fd/31', deleted: true }],
    ['a namespace', '1 2 0:3 net:[4026531840] /run/netns/a rw - nsfs nsfs rw', { root: 'net:[4026531840]' }],
    ['an empty source', '1 2 0:3 / /a rw - tmpfs  rw', { fsType: 'tmpfs' }],
    ['UTF-8', '1 2 0:3 / /\u00c3\u00a9 rw - tmpfs none rw', { mountPoint: '/\u00e9', exact: true }],
    ['no UTF-8', '1 2 0:3 / /\u00ff rw - tmpfs none rw', { mountPoint: '/\ufffd', exact: false }],
    ['empty', '', null],
    ['cut off in its path', '1 2 0:3 / /var/li', null],
    ['cut off before its options', '1 2 0:3 / /var rw - ext4 /dev/vda', null],
    ['without a separator', '1 2 0:3 / /var rw shared:1 ext4 /dev/vda rw', null],
    ['without a number', 'x 2 0:3 / /var rw - ext4 /dev/vda rw', null],
    ['of /proc/mounts', '/dev/vda / ext4 rw,relatime 0 0 - a b c', null],
    ['a relative mount point', '1 2 0:3 / var rw - ext4 /dev/vda rw', null],
  ])('%s', (_, line, mount) => {
    if (mount) expect(parseMount(line)).toMatchObject(mount);
    else expect(parseMount(line)).toBeNull();
  });

  it('is the same wherever the pieces end', async () => {
    const table = Buffer.from(`${parent}\n${link('/\u00e9/a')}\nbroken\n${link('/b')}`);
    const whole = await mountsIn([table]);
    expect(whole.mounts).toHaveLength(3);
    expect(whole.malformed).toBe(1);
    for (let size = 1; size < 40; size += 1) {
      const pieces = Array.from({ length: Math.ceil(table.length / size) }, (_, index) =>
        table.subarray(index * size, (index + 1) * size),
      );
      expect(await mountsIn(pieces)).toEqual(whole);
    }
  });

  it('that does not end is counted, and not kept', async () => {
    const long = Array.from({ length: 100 }, () => Buffer.alloc(65_536, 'a'));
    const { mounts, malformed } = await mountsIn([...long, Buffer.from(` \n${parent}\n`)]);
    expect(mounts).toMatchObject([{ id: 30 }]);
    expect(malformed).toBe(1);
    const cut = `1 2 0:3 / /${'a'.repeat(2_000_000)} rw - tmpfs none rw\n`;
    const pieces = cut.match(/.{1,65536}/gs) ?? [];
    expect(await mountsIn(pieces.map((piece) => Buffer.from(piece)))).toEqual({ mounts: [], malformed: 1 });
  });
});

describe('the leftovers of a mount table', () => {
  it.each([
    '/var/lib/k0s/kubelet',
    '/var/lib/kubelet',
    '/var/lib/rancher/rke2/agent/kubelet',
    '/a/pods/b',
    '',
  ])('under "%s"', async (kubeletRoot) => {
    expect((await found(link(subpath(kubeletRoot)))).directories).toMatchObject([
      {
        ...{ kubeletRoot: kubeletRoot || '/', podUid: uid, volume: 'config', container: 'app' },
        path: path.dirname(subpath(kubeletRoot)),
        leftovers: [{ id: 400, index: 0, pid: 812, fd: 31, deleted: false }],
        shared: true,
      },
    ]);
  });

  it.each<[what: string, line: string]>([
    ['another file system', link(subpath('/k')).replace('proc proc', 'tmpfs tmpfs')],
    ['all of proc', link(subpath('/k'), '/')],
    ['something else of a process', link(subpath('/k'), '/812/ns/net')],
    ['something below a file of it', link(subpath('/k'), '/812/fd/31/x')],
    ['no index', link(subpath('/k', 'config/app/x'))],
    ['not deep enough', link(subpath('/k', 'config/0'))],
    ['elsewhere', link('/mnt/0')],
  ])('are not %s', async (_, line) => {
    expect((await found(line)).directories).toEqual([]);
  });

  it('are of one directory with their siblings, whatever their order', async () => {
    const plain = (id: number, at: string): string =>
      `${id} 30 254:0 /x ${at} rw shared:1 - ext4 /dev/vda rw`;
    const { directories, others } = await found(
      plain(1, subpath('/k', 'config/app/1')),
      link(subpath('/k', 'config/app/0'), '/812/fd/31//deleted', 2),
      plain(3, subpath('/k', 'config/app/1/deep')),
      link(subpath('/k', 'config/app/2'), '/812/fd/32', 4),
      plain(5, subpath('/k', 'config/app-2/0')),
    );
    expect(directories).toHaveLength(1);
    expect(directories[0]?.leftovers.map(({ id, deleted }) => [id, deleted])).toEqual([
      [2, true],
      [4, false],
    ]);
    expect(directories[0]?.siblings.map(({ id }) => id)).toEqual([1, 3]);
    expect(others.map(({ id }) => id)).toEqual([1, 5]);
  });

  it.each<[what: string, line: string]>([
    ['private', parent.replace(' shared:1', '')],
    ['not in the table', ''],
  ])('on a mount that is %s cannot be swept', async (_, line) => {
    const [directory] = (await foundIn(`${line}\n${link(subpath('/k'))}\n`)).directories;
    expect(directory && obstacleOf(directory, [])).toMatchObject({ code: 'not-shared' });
  });
});

it('reads 200,000 lines in little memory', async () => {
  const scratch = await scratchDirectory();
  const table = path.join(scratch, 'mountinfo');
  const lower = Array.from({ length: 20 }, (_, layer) => `/var/lib/containerd/snapshots/${layer}/fs`).join(
    ':',
  );
  const file = createWriteStream(table);
  file.write(`${parent}\n`);
  for (let id = 100; id < 200_100; id += 1) {
    const kind = id % 100;
    if (kind === 0) file.write(`${link(subpath(`/k${id}`), '/812/fd/31', id)}\n`);
    else if (kind < 10)
      file.write(`${id} 30 254:0 /x ${subpath('/k', `v/c/${id}`)} rw shared:9 - ext4 /dev/vda rw\n`);
    else
      file.write(
        `${id} 30 0:50 / /run/containerd/${id}/rootfs rw shared:${id} - overlay overlay rw,lowerdir=${lower}\n`,
      );
  }
  file.end();
  await finished(file);

  const [input, program] = [path.join(scratch, 'read.ts'), path.join(scratch, 'read.cjs')];
  // Of this program alone: getrusage(2) counts what the process was before execve(2), too.
  const contents = `import { readFileSync } from 'node:fs';
    import { readLeftovers } from '${root}/src/facts/leftovers/leftovers.ts';
    import { localHost } from '${root}/src/host/local.ts';
    readLeftovers(localHost(), ${JSON.stringify(table)}).then(({ directories, others }) => console.log(JSON.stringify({
      directories: directories.length, others: others.length,
      kilobytes: Number(/VmHWM:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) })));`;
  await writeFile(input, contents);
  const output = { file: program, format: 'cjs', codeSplitting: false } as const;
  await build({ input, platform: 'node', output, transform: { target: 'node20.19' } });
  const { stdout } = await execa(process.execPath, [program]);
  const { directories, others, kilobytes } = JSON.parse(stdout);
  expect([directories, others]).toEqual([2000, 18_000]);
  expect(kilobytes / 1024).toBeLessThan(150);
});
