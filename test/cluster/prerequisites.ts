import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { paths } from './layout.ts';

export interface Prerequisite {
  /** A program's name, looked up in SYSTEM_PATH and PATH, or an absolute path. */
  program: string;
  /** The Debian package that has it; absent where Debian 12 has none that is new enough. */
  package?: string;
}

/** Where the system's programs are, whatever the PATH of a test says. */
export const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** What must be installed to build and run the test cluster. */
export const PREREQUISITES: readonly Prerequisite[] = [
  { program: 'containerd', package: 'containerd' },
  { program: 'ctr', package: 'containerd' },
  { program: 'runc', package: 'runc' },
  { program: 'etcd', package: 'etcd-server' },
  { program: join(paths.cniPlugins, 'ptp'), package: 'containernetworking-plugins' },
  { program: '/bin/busybox', package: 'busybox-static' },
  { program: 'gcc', package: 'gcc' },
  { program: '/usr/include/stdio.h', package: 'libc6-dev' },
  { program: '/usr/include/linux/mount.h', package: 'linux-libc-dev' },
  { program: 'ip', package: 'iproute2' },
  { program: 'mount', package: 'mount' },
  { program: 'umount', package: 'mount' },
  { program: 'tar', package: 'tar' },
  { program: 'go' },
];

/** What a node under systemd (test/systemd) needs besides. */
export const NODE_PREREQUISITES: readonly Prerequisite[] = [
  { program: 'mmdebstrap', package: 'mmdebstrap' },
  { program: 'mkfs.ext4', package: 'e2fsprogs' },
  { program: 'losetup', package: 'mount' },
  { program: 'nsenter', package: 'util-linux' },
  { program: 'unshare', package: 'util-linux' },
  { program: 'setpriv', package: 'util-linux' },
  { program: 'openssl', package: 'openssl' },
];

/** The absolute path of a program, or undefined where it is not installed. */
function locate(program: string): string | undefined {
  const candidates = program.startsWith('/')
    ? [program]
    : `${SYSTEM_PATH}:${process.env['PATH'] ?? ''}`.split(':').map((dir) => join(dir, program));
  return candidates.find((path) => {
    try {
      accessSync(path, program.endsWith('.h') ? constants.R_OK : constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** The absolute path of a program. Throws where it is not installed, and says what to install. */
export function program(name: string): string {
  const path = locate(name);
  if (path === undefined) {
    const known = [...PREREQUISITES, ...NODE_PREREQUISITES];
    throw new Error(explain(known.filter((each) => each.program === name)));
  }
  return path;
}

/** The prerequisites that are not installed. */
export function missing(wanted: readonly Prerequisite[] = PREREQUISITES): Prerequisite[] {
  return wanted.filter((each) => locate(each.program) === undefined);
}

/** Throws where something of the cluster, or of what is wanted besides, is missing, or this process is not root. */
export function checkPrerequisites(besides: readonly Prerequisite[] = []): void {
  const absent = missing([...PREREQUISITES, ...besides]);
  if (absent.length > 0) throw new Error(explain(absent));
  if (process.getuid?.() !== 0)
    throw new Error('the test cluster mounts and starts containers: run it as root');
}

function explain(absent: readonly Prerequisite[]): string {
  const packages = [...new Set(absent.flatMap((each) => each.package ?? []))];
  const lines = [`the test cluster needs ${absent.map((each) => each.program).join(', ')}`];
  if (packages.length > 0) lines.push(`  apt-get install --no-install-recommends ${packages.join(' ')}`);
  if (absent.some((each) => each.program === 'go'))
    lines.push('  go 1.26.6 or newer: https://go.dev/doc/install');
  return lines.join('\n');
}
