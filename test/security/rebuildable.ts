/** A node in an arena that a stand-in for nixos-rebuild can switch, and what is there at a moment. */
import { mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { root, tool } from '../helpers/tools.ts';
import { type Field, system } from './field.ts';

const kubeletRoot = '/var/lib/kubelet';
const container = `${kubeletRoot}/pods/u1/volume-subpaths/config/app`;
const profiles = '/nix/var/nix/profiles';

/** Says that it is 2.41, as a patched one does, and works. */
const fixedMount = `#include <stdio.h>
#include <string.h>
#include <unistd.h>
int main(int argc, char **argv) {
  if (argc == 2 && strcmp(argv[1], "--version") == 0)
    return puts("mount from util-linux 2.41 (libmount 2.41.0: btrfs, namespaces, assert, debug)") < 0;
  execv("${tool('mount')}", argv);
  return 127;
}`;

const script = (file: string, body: string): void =>
  writeFileSync(file, `#!/bin/sh\n${body}\n`, { mode: 0o755 });

/** Adds a fixed mount to the arena, and /run, units and profiles of its own. */
export async function prepareNode({ arena }: Field): Promise<void> {
  mkdirSync(arena.file('fixed'));
  await execa(tool('gcc'), ['-x', 'c', '-o', arena.file('fixed/mount'), '-'], { input: fixedMount });
  for (const place of [kubeletRoot, profiles, '/etc/systemd/system']) mkdirSync(place, { recursive: true });
  const own = ['/run', '/etc/systemd/system', kubeletRoot, profiles];
  await arena.run(
    tool('sh'),
    '-ec',
    `mount --make-rshared /; for d in ${own.join(' ')}; do mount -t tmpfs -o mode=755 none $d; done; mkdir /run/lock`,
  );
}

/** A line of the shell that leaves in the arena what the defect leaves. */
export const leaveOne = ({ arena }: Field): string => `mkdir -p ${container}; touch ${container}/0 2>/dev/null
  exec 7</etc/passwd
  ${arena.file('affected/mount')} --no-canonicalize -o bind /proc/$$/fd/7 ${container}/0 2>/dev/null; true`;

/** Programs for a PATH in the arena; configurations: right.json, and wrong.json, with which the defect stays. */
export async function prepareRebuilds(field: Field): Promise<string> {
  const { arena, kubelet } = field;
  const tools = arena.file('tools');
  for (const each of ['tools', 'fix', 'before/bin', 'before/etc/systemd/system']) {
    mkdirSync(arena.file(each), { recursive: true });
  }
  const standIn = path.join(root, 'test/stand-in/nixos-rebuild.mjs');
  script(path.join(tools, 'nixos-rebuild'), `exec ${process.execPath} ${standIn} "$@"`);
  // What the real one says the first time: the same every time.
  const said = arena.file('evaluated.json');
  script(
    path.join(tools, 'nix-instantiate'),
    `[ -s ${said} ] || { ${tool('nix-instantiate')} "$@" >${said}.new && mv ${said}.new ${said}; }\ncat ${said}`,
  );
  script(
    path.join(tools, 'nix-env'),
    `d=\${2%/*}
case $3 in
--set) n=$(($(ls $d | sed -n 's/^system-\\([0-9]*\\)-link$/\\1/p' | sort -n | tail -1) + 1)); ln -s $4 $d/system-$n-link ;;
--switch-generation) n=$4 ;;
esac
ln -s system-$n-link $d/new-$$ && mv -T $d/new-$$ $2`,
  );
  script(
    arena.file('restart'),
    `for p in /proc/[0-9]*; do [ "$(readlink $p/exe)" != ${kubelet} ] || kill -9 \${p#/proc/}; done
setsid env -i PATH=$1:${system} ${kubelet} 600 </dev/null >/dev/null 2>&1 &`,
  );
  const unit = arena.file('before/etc/systemd/system/kubelet.service');
  writeFileSync(unit, `[Service]\nEnvironment="PATH=${field.truePath}"\nExecStart=${kubelet}\n`);
  script(
    arena.file('before/bin/switch-to-configuration'),
    `case $1 in test|switch)
ln -sfn ${arena.file('before')} /run/current-system; ln -sfn ${unit} /etc/systemd/system/kubelet.service
exec ${arena.file('restart')} ${arena.file('affected')} ;; esac`,
  );
  for (const [name, patched] of Object.entries({ right: 'fixed', wrong: 'affected' })) {
    const configuration = {
      ...{ directory: arena.file('fix'), distro: 'kubernetes', unit: 'kubelet', variant: 'bare-2.41' },
      stores: { 'fix-mount-regression': arena.file(patched), 'util-linux-2\\.41': arena.file('affected') },
      restart: [arena.file('restart')],
      program: kubelet,
    };
    writeFileSync(arena.file(`${name}.json`), JSON.stringify(configuration));
  }
  const options = [
    '--util-linux',
    '2.41',
    '--channel',
    'nixos-25.05',
    '--distro',
    'kubernetes',
    '--strategy',
    'path',
  ];
  const { exitCode, stderr } = await arena.subpathfix(['generate', ...options, '--out', arena.file('fix')]);
  if (exitCode !== 0) throw new Error(stderr);
  await resetNode(field);
  return `${tools}:${path.dirname(process.execPath)}:${system}`;
}

/** As it was before anything was rebuilt. */
export const resetNode = (field: Field): Promise<string> =>
  field.arena.run(tool('sh'), '-c', resetting(field));

/** The same as a line of the shell. */
export const resetting = ({ arena }: Field): string =>
  `rm -rf ${profiles}/*; ln -s ${arena.file('before')} ${profiles}/system-1-link; ln -s system-1-link ${profiles}/system
     for d in /run/subpathfix/sweep-*; do umount -l $d && rmdir $d; done 2>/dev/null; rm -rf --one-file-system /run/subpathfix
     ${arena.file('before/bin/switch-to-configuration')} switch`;

const names = (directory: string): string[] => {
  try {
    return readdirSync(directory).map((name) => `${directory}/${name}`);
  } catch {
    return [];
  }
};

/** A process as it shows itself; null for one that has ended. */
function shown(pid: string, namespace: string): string[] {
  try {
    if (readlinkSync(`/proc/${pid}/ns/pid`) !== namespace) return [];
    const line = readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ').trim();
    return line === '' ? [] : [`process ${line}`];
  } catch {
    return [];
  }
}

/** Mounts, processes and files of the arena. */
export function thereIn({ arena: { init } }: Field): string[] {
  const inside = `/proc/${init}/root`;
  const mounts = readFileSync(`/proc/${init}/mountinfo`, 'utf8')
    .split('\n')
    .flatMap((line) => line.split(' ')[4] ?? []);
  const namespace = readlinkSync(`/proc/${init}/ns/pid`);
  const processes = readdirSync('/proc').flatMap((name) =>
    /^\d+$/.test(name) ? shown(name, namespace) : [],
  );
  const files = ['/run', '/run/subpathfix'].flatMap((each) => names(inside + each));
  const temporary = names(`${inside}/tmp`).filter((name) => name.includes('subpathfix-build'));
  return [
    ...mounts.filter((at) => at.startsWith('/run') || at.startsWith(kubeletRoot)).map((at) => `mount ${at}`),
    ...processes,
    // The directory for all that is temporary stays; what is in it does not.
    ...[...files, ...temporary]
      .map((file) => file.slice(inside.length))
      .filter((file) => file !== '/run/subpathfix'),
  ].sort();
}

export interface Systems {
  running: string;
  next: string;
}

export function systemsIn({ arena: { init } }: Field): Systems {
  const linkOf = (file: string): string => {
    try {
      return readlinkSync(`/proc/${init}/root${file}`);
    } catch {
      return '';
    }
  };
  return { running: path.basename(linkOf('/run/current-system')), next: linkOf(`${profiles}/system`) };
}
