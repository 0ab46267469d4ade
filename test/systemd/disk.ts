import { readFileSync } from 'node:fs';
import { chmod, cp, link, mkdir, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { build, KUBERNETES_BIN } from '../cluster/build.ts';
import { program } from '../cluster/prerequisites.ts';
import { hasNode, nodeProgram, nodeVersions } from '../helpers/nodes.ts';
import { cached } from './cache.ts';
import { KUBERNETES } from './layout.ts';

const SUITE = 'trixie';
const PACKAGES = [
  ...['systemd', 'systemd-sysv', 'dbus', 'kmod', 'util-linux', 'mount', 'procps', 'iproute2'],
  ...['containerd', 'runc', 'etcd-server', 'containernetworking-plugins', 'nix-bin'],
];
/** Debian's own starts in three times the time of this one, which is the kind that people have. */
const [NODE_VERSION] = nodeVersions;
/** Units of these packages that would change the machine, disturb a test, or are the test's own to start. */
const MASKED = [
  'systemd-sysctl.service',
  'etcd.service',
  'getty@tty1.service',
  'sys-kernel-debug.mount',
  'sys-kernel-tracing.mount',
  'apt-daily.timer',
  'apt-daily-upgrade.timer',
  'dpkg-db-backup.timer',
  'fstrim.timer',
];
/** How large the file system can grow; the file holds no more than what is in it. */
const SIZE = 8 * 1024 ** 3;

/** Files that are the same on each node. */
const FILES = {
  '/etc/containerd/config.toml': readFileSync(join(import.meta.dirname, 'files/containerd.toml'), 'utf8'),
  '/etc/kubernetes/kubelet.yaml': readFileSync(join(import.meta.dirname, 'files/kubelet.yaml'), 'utf8'),
  // The machine's kernel log is not the node's.
  '/etc/systemd/journald.conf.d/node.conf': '[Journal]\nReadKMsg=no\n',
  '/etc/resolv.conf': '',
} as const;

/**
 * The disk that each node starts from: Debian on ext4, with Kubernetes in it. Made once, in about a minute.
 * Throws where a package cannot be installed, a program fails, with its last lines, or Node.js is not there yet.
 */
export async function baseDisk(report: (line: string) => void): Promise<string> {
  await build(report);
  const dir = await cached(
    'node',
    [SUITE, ...PACKAGES, ...MASKED, JSON.stringify(FILES), KUBERNETES_BIN, NODE_VERSION],
    makeDisk,
    report,
  );
  return join(dir, 'disk.img');
}

async function makeDisk(dir: string): Promise<void> {
  if (!hasNode(NODE_VERSION))
    throw new Error(`Node.js ${NODE_VERSION} is missing; npm run setup installs it`);
  const [root, scratch, disk] = [join(dir, 'root'), join(dir, 'tmp'), join(dir, 'disk.img')];
  await mkdir(scratch);
  await execa(program('mmdebstrap'), debstrapArguments(root), { env: { TMPDIR: scratch } });
  await rm(scratch, { recursive: true });
  for (const [path, content] of Object.entries(FILES)) {
    await mkdir(join(root, path, '..'), { recursive: true });
    await rm(join(root, path), { force: true });
    await writeFile(join(root, path), content);
  }
  const units = join(root, 'etc/systemd/system');
  for (const unit of MASKED) await symlink('/dev/null', join(units, unit));
  // A node of k0s, k3s or rke2 has none of its own: who wants it starts it.
  await rm(join(units, 'multi-user.target.wants/containerd.service'));
  await copyKubernetes(join(root, KUBERNETES));
  await cp(nodeProgram(NODE_VERSION), join(root, 'usr/local/bin/node'));
  await writeFile(disk, '');
  await truncate(disk, SIZE);
  // Without a journal: a node that has ended is not started again.
  await execa(program('mkfs.ext4'), ['-q', '-O', '^has_journal', '-d', root, disk]);
  await rm(root, { recursive: true });
}

async function copyKubernetes(dir: string): Promise<void> {
  await mkdir(dir, { recursive: true });
  for (const name of ['kubernetes', 'kubectl']) {
    await cp(join(KUBERNETES_BIN, name), join(dir, name));
    await chmod(join(dir, name), 0o755);
  }
  for (const name of ['kubelet', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'])
    await link(join(dir, 'kubernetes'), join(dir, name));
}

function debstrapArguments(root: string): string[] {
  const mirror = machineMirror();
  return [
    '--quiet',
    '--variant=minbase',
    '--mode=root',
    '--keyring=/usr/share/keyrings',
    `--include=${PACKAGES.join(',')}`,
    SUITE,
    root,
    ...(mirror === undefined ? [] : [mirror]),
  ];
}

/** The mirror that this machine's own packages come from, where it is a Debian. */
function machineMirror(): string | undefined {
  for (const file of ['/etc/apt/sources.list.d/debian.sources', '/etc/apt/sources.list']) {
    try {
      const found = /^(?:URIs:|deb(?: \[[^\]]*\])?) *(\S+\/debian)\/?(?: |$)/m.exec(
        readFileSync(file, 'utf8'),
      );
      if (found !== null) return found[1];
    } catch {
      // It has the other, or neither.
    }
  }
  return undefined;
}
