import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { published, type Sweep } from '../../../src/report/documents/sweep.ts';
import { TestNode } from '../../helpers/sweep-node.ts';
import { buildAffectedMount, scratchDirectory, tool } from '../../helpers/tools.ts';

const uid = '0a1b2c3d-0000-4000-8000-00000000000';
let scratch: string;
let affected: string;
beforeAll(async () => {
  scratch = await scratchDirectory();
  affected = await buildAffectedMount(scratch);
  await execa('chmod', ['755', scratch]);
});

let node: TestNode;
afterEach(() => node.stop());
const start = async (options?: Parameters<typeof TestNode.start>[2]): Promise<TestNode> => {
  node = await TestNode.start(scratch, affected, options);
  return node;
};

const parsed = (text: string): Sweep => published(z).parse(JSON.parse(text));

describe('the listing', () => {
  it('names each mount that was left behind, and what goes with it', async () => {
    await start();
    const [dead, alive] = [await node.kubelet(), await node.kubelet()];
    const stale = await node.leftover(dead, node.container(`${uid}1`));
    const sibling = await node.sound(node.container(`${uid}1`), 1);
    await node.leftover(alive, node.container(`${uid}2`, 'pvc-1.x', 'side'), 3);
    await node.sound(node.container(`${uid}3`), 0);
    await dead.stop();

    const { exitCode, stdout } = await node.sweep(['--json']);
    expect(exitCode).toBe(1);
    const { mounts, directories, otherKinds } = parsed(stdout);
    expect(mounts).toMatchObject([
      {
        ...{ podUid: `${uid}1`, volume: 'config', container: 'app', index: 0, pod: null },
        ...{ kubeletRoot: node.kubeletRoot, mountPoint: stale, kubeletPid: dead.pid, fd: 7 },
        ...{ stale: true, stuck: true },
      },
      {
        ...{ podUid: `${uid}2`, volume: 'pvc-1.x', container: 'side', index: 3 },
        ...{ kubeletPid: alive.pid, stale: false, stuck: null },
      },
    ]);
    for (const { ageSeconds } of mounts) expect(ageSeconds).toBeLessThan(30);
    expect(directories).toEqual([
      { path: node.container(`${uid}1`), siblings: [sibling], obstacle: null },
      { path: node.container(`${uid}2`, 'pvc-1.x', 'side'), siblings: [], obstacle: null },
    ]);
    expect(otherKinds).toEqual([]);

    const human = await node.sweep();
    expect(human.exitCode).toBe(1);
    expect(human.stdout).toMatch(/^2 mounts left behind by the defect, in 2 container directories$/m);
    expect(human.stdout).toMatch(new RegExp(`^${uid}1 +app +config +\\d+s +stale +stuck$`, 'm'));
    expect(human.stdout).toContain(`removed too: ${sibling}`);
    const markdown = await node.sweep(['--format', 'markdown']);
    expect(markdown.stdout).toContain(`| ${uid}1 | app | config |`);
  });

  it('is empty on a node that was not hit, with exit 0', async () => {
    await start();
    await node.sound(node.container(`${uid}1`), 0);
    for (const args of [[], ['--apply']]) {
      const { exitCode, stdout } = await node.sweep(args);
      expect(stdout).toMatch(/^nothing left behind by the defect$/m);
      expect(exitCode).toBe(0);
    }
    expect(await node.mounted()).toHaveLength(1);
  });

  it('needs no root, which --apply does', async () => {
    await start();
    const at = await node.leftover(await node.kubelet(), node.container(`${uid}1`));
    const as = [tool('setpriv'), '--reuid', '65534', '--regid', '65534', '--clear-groups'];
    const { exitCode, stdout } = await node.sweep(['--json'], { as });
    expect(exitCode).toBe(1);
    expect(parsed(stdout).mounts).toMatchObject([{ mountPoint: at, stale: null, stuck: null }]);
    const applied = await node.sweep(['--apply'], { as });
    expect(applied.stderr).toMatch(/only root can unmount; run it as root/);
    expect(applied.exitCode).toBe(2);
    expect(await node.mounted()).toEqual([at]);
  });

  it('survives names that are made to break it', async () => {
    await start({ kubeletRoot: 'a b\n\u001b[31m\\040' });
    const at = await node.leftover(await node.kubelet(), node.container(`${uid}1`));
    const { stdout } = await node.sweep(['--dry-run']);
    expect(stdout).not.toContain('\u001b');
    expect(stdout).toMatch(/left behind: .*a b\\u000a.*\[31m\\040\/pods\/.*\/0 \(/);
    const bind = /^ {2}\$ (mount .*)$/m.exec(stdout)?.[1] ?? '';
    const words = await execa('bash', ['-c', bind.replace('mount', 'printf "%s\\0"')]);
    expect(words.stdout.split('\0')[1]).toBe(path.dirname(at));
    expect((await node.sweep(['--apply'])).exitCode).toBe(0);
    expect(await node.mounted()).toEqual([]);
  });

  it('leaves a name alone that is not UTF-8', async () => {
    await start();
    const kubelet = await node.kubelet();
    const script = `d="$1/$(printf '\\377')/pods/u/volume-subpaths/v/c"; mkdir -p "$d"; : >"$d/0"
      exec "$2" --no-canonicalize -o bind "/proc/$3/fd/7" "$d/0"`;
    await node.run('sh', '-c', script, 'sh', node.directory, affected, String(kubelet.pid));
    const { exitCode, stdout } = await node.sweep(['--apply', '--json']);
    expect(exitCode).toBe(4);
    expect(parsed(stdout).directories).toMatchObject([
      { obstacle: { code: 'name-not-utf8' }, outcome: { state: 'refused' } },
    ]);
  });
});

describe('--apply', () => {
  it('removes what was listed and nothing else', async () => {
    await start();
    const [dead, alive] = [await node.kubelet(), await node.kubelet()];
    await node.leftover(dead, node.container(`${uid}1`));
    await node.sound(node.container(`${uid}1`), 1);
    await node.leftover(alive, node.container(`${uid}2`));
    const others = [
      await node.sound(node.container(`${uid}1`, 'other'), 0),
      await node.sound(node.container(`${uid}1`, 'config', 'app-2'), 0),
      await node.sound(node.container(`${uid}3`), 0),
    ];
    await dead.stop();
    const before = (await node.mounts()).length;

    const { exitCode, stdout } = await node.sweep(['--apply', '--json']);
    expect(exitCode).toBe(0);
    expect(parsed(stdout).directories.map(({ outcome }) => outcome)).toEqual([
      { state: 'removed', because: null },
      { state: 'removed', because: null },
    ]);
    expect(await node.mounted()).toEqual(others.sort());
    expect(await node.mounts()).toHaveLength(before - 3);
    expect(await readFile(path.join(node.directory, 'source'), 'utf8')).toContain('content');
    expect(await node.scratchDirectories()).toEqual([]);
    expect((await node.sweep()).exitCode).toBe(0);
  });

  it('runs the commands that --dry-run prints, which itself changes nothing', async () => {
    await start();
    const kubelet = await node.kubelet();
    const at = await node.leftover(kubelet, node.container(`${uid}1`));
    await kubelet.stop();
    const { exitCode, stdout, stderr } = await node.sweep(['--apply', '--dry-run', '--verbose']);
    expect(exitCode).toBe(0);
    expect(stderr).not.toMatch(/^\+ (mkdir|mount|umount|rmdir) /m);
    expect(await node.mounted()).toEqual([at]);
    const general = (text: string): string => text.replace(/(subpathfix\/sweep-)\d+/g, '$1PID');
    const printed = [...stdout.matchAll(/^ {2}\$ (.*)$/gm)].map(([, command = '']) => general(command));
    expect(printed).toEqual([
      'mkdir -p -m 0700 /run/subpathfix',
      'mkdir -m 0700 /run/subpathfix/sweep-PID',
      `mount --rbind ${path.dirname(at)} /run/subpathfix/sweep-PID`,
      'umount -l /run/subpathfix/sweep-PID',
      'rmdir /run/subpathfix/sweep-PID',
    ]);
    const applied = await node.sweep(['--apply', '--verbose']);
    // Those that change something; what tests kubelet's mount is not among them.
    const run = [...applied.stderr.matchAll(/^\+ ((?:mkdir|mount|umount|rmdir) .*) {2}# exit 0/gm)].map(
      ([, command = '']) => general(command),
    );
    expect(run).toEqual(printed);
    expect(await node.mounted()).toEqual([]);
  });

  it('refuses where nothing propagates, and works once it does', async () => {
    await start({ propagation: 'private' });
    const kubelet = await node.kubelet();
    const at = await node.leftover(kubelet, node.container(`${uid}1`));
    await kubelet.stop();
    const { exitCode, stdout } = await node.sweep(['--apply']);
    expect(stdout.replace(/\s+/g, ' ')).toMatch(
      /not touched: the mount that it is on is not shared.*--make-shared/,
    );
    expect(exitCode).toBe(4);
    expect(await node.mounted()).toEqual([at]);
    await node.run('mount', '--make-shared', '/');
    expect((await node.sweep(['--apply'])).exitCode).toBe(0);
    expect(await node.mounted()).toEqual([]);
  });

  it('says that another kind is not of this defect, and does not touch it', async () => {
    await start();
    const kubelet = await node.kubelet();
    const other = await node.otherKind(node.container(`${uid}1`), 0);
    const alone = await node.sweep();
    expect(alone.stdout.replace(/\s+/g, ' ')).toContain(
      `${other} (tmpfs): its target does not exist, but not because of this defect`,
    );
    expect(alone.exitCode).toBe(0);

    const beside = await node.leftover(kubelet, node.container(`${uid}1`), 1);
    const removable = await node.leftover(kubelet, node.container(`${uid}2`));
    const { exitCode, stdout } = await node.sweep(['--apply', '--json']);
    expect(exitCode).toBe(4);
    expect(parsed(stdout).directories.map(({ outcome }) => outcome?.state)).toEqual(['refused', 'removed']);
    expect(parsed(stdout).otherKinds).toMatchObject([{ mountPoint: other, fsType: 'tmpfs' }]);
    expect(await node.mounted()).toEqual([other, beside]);
    expect(await node.mounted()).not.toContain(removable);
  });

  it('says of one that went meanwhile that it is gone', async () => {
    await start();
    const at = await node.leftover(await node.kubelet(), node.container(`${uid}1`));
    // umount2(at, MNT_DETACH | UMOUNT_NOFOLLOW), which the program runs while it lists
    await writeFile(path.join(node.directory, 'target'), at);
    const PATH = await node.standIn(
      'kubectl',
      `exec perl -e 'open F, "<", "${node.directory}/target"; $t = <F>; syscall(166, $t, 10) == 0 or die $!'`,
    );
    const { exitCode, stdout } = await node.sweep(['--apply', '--json', '--kubeconfig', '/etc/os-release'], {
      env: { PATH },
    });
    expect(parsed(stdout).directories).toMatchObject([{ outcome: { state: 'gone' } }]);
    expect(exitCode).toBe(0);
    expect(await node.mounted()).toEqual([]);
  });

  it('leaves alone what has come meanwhile', async () => {
    await start();
    const directory = node.container(`${uid}1`);
    const at = await node.leftover(await node.kubelet(), directory);
    const late = await node.file(directory, 5);
    const real = tool('mount');
    const PATH = await node.standIn(
      'mount',
      `${real} "$@" || exit; case $1 in --rbind) ${real} --bind /dev/null "${late}";; esac`,
    );
    const { exitCode, stdout } = await node.sweep(['--apply', '--json'], { env: { PATH } });
    expect(parsed(stdout).directories).toMatchObject([
      { outcome: { state: 'refused', because: expect.stringContaining(late) } },
    ]);
    expect(exitCode).toBe(4);
    expect(await node.mounted()).toEqual([at, late]);
    expect(await node.scratchDirectories()).toEqual([]);
  });

  it.each<[program: string, body: string, because: RegExp]>([
    ['mount', 'exit 0', /umount -l: exit 32/],
    ['mount', 'echo no >&2; exit 1', /mount --rbind: exit 1: no/],
    ['mkdir', 'exit 1', /mkdir -p: exit 1/],
    [
      'mkdir',
      '/bin/mkdir -p /run/subpathfix; exec chmod 0777 /run/subpathfix',
      /can be written by everybody \(mode 777\)/,
    ],
    ['mkdir', 'case $1 in -p) exec /bin/mkdir "$@";; esac; exit 1', /mkdir -m: exit 1/],
    ['umount', 'exit 0', /still mounted afterwards: .*\/0; .*could not be removed \(rmdir .*umount -l/],
  ])('is no success by a %s that does "%s"', async (program, body, because) => {
    await start();
    const at = await node.leftover(await node.kubelet(), node.container(`${uid}1`));
    const PATH = await node.standIn(program, body);
    const { exitCode, stdout } = await node.sweep(['--apply', '--json'], { env: { PATH } });
    expect(parsed(stdout).directories[0]?.outcome?.because).toMatch(because);
    expect(exitCode).toBe(4);
    expect(await node.mounted()).toContain(at);
    if (program !== 'umount') expect(await node.scratchDirectories()).toEqual([]);
  });

  it('says so when kubelet makes it again', async () => {
    await start();
    const at = await node.leftover(await node.kubelet(), node.container(`${uid}1`));
    const again = await node.kubelet();
    const PATH = await node.standIn(
      'rmdir',
      `${tool('rmdir')} "$@" && exec ${affected} --no-canonicalize -o bind /proc/${again.pid}/fd/7 "${at}"`,
    );
    const { exitCode, stdout } = await node.sweep(['--apply', '--json'], { env: { PATH } });
    expect(parsed(stdout).directories[0]?.outcome?.because).toMatch(/kubelet has made it again/);
    expect(exitCode).toBe(4);
  });
});
