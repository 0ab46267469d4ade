/**
 * What an examination of a node asks first, and what it asks then because of that, as lines of the agent that runs
 * there (host/ssh/agent.sh): what is not among them is asked for one by one, and only takes longer.
 */
import { distributionNames, distributions, kubeletUnits } from '../../distributions/index.ts';
import type { Foreseen } from '../../host/ssh/host.ts';
import { commandKey } from '../../host/ssh/programs.ts';
import { quoted } from '../../host/ssh/quote.ts';
import { packageFiles } from './packages.ts';
import { showArguments, showEnvironment } from './systemctl.ts';
import { unitDirectories } from './unit-files.ts';

const words = (all: readonly string[]): string => all.map(quoted).join(' ');

const texts = [
  ...['/etc/os-release', '/usr/lib/os-release', '/run/current-system/nixos-version', '/root/.nix-channels'],
  ...['/run/wrappers/bin/mount.real', '/run/wrappers/bin/mount', '/etc/machine-id', '/proc/stat'],
];
const places = [
  ...[
    '/run/current-system',
    '/run/systemd/system',
    '/run/systemd/units',
    '/run/subpathfix',
    '/proc/1/ns/mnt',
    '/usr/bin/env',
    '/bin/sh',
  ],
];
const needed = ['systemctl', 'setpriv', 'unshare', 'mkdir', 'sh', 'nix', 'mount', 'umount', 'rmdir'];

/** Where no systemd answers, units are looked for in all of these. */
const unitFiles = `
[ -d /run/systemd/system ] || for each_place in ${words(unitDirectories)}; do
  list "$each_place"
  names_of_units=''
  for each_unit in ${words(kubeletUnits)}; do
    file 1000001 "$each_place/$each_unit.service"
    [ -z "$real" ] || names_of_units="$names_of_units $real"
    list "$each_place/$each_unit.service.d"
  done
  file 1000001 "\${each_place%/*}/system.conf"
  list "\${each_place%/*}/system.conf.d"
  for each_unit in $(sed -n -E 's/^ExecStart=[@:+!|-]*([^ ]+).*/\\1/p' $names_of_units </dev/null 2>/dev/null); do program "$each_unit" 2; done
  for each_unit in "$each_place"/*.wants "$each_place"/*.requires "$each_place"/*.upholds; do
    [ ! -d "$each_unit" ] || list "$each_unit"
  done
done`;

/** Of each leftover, what is there, and whether its kubelet lives; those with a space in their path are asked for later. */
const leftovers = String.raw`
IFS=$nl
for each_left in $(sed -n -E 's,^[0-9]+ [0-9]+ [0-9]+:[0-9]+ /([1-9][0-9]*)/fd/[0-9]+[^ ]* (/[^ \]*/volume-subpaths/[^ \]*) .*,\1 \2,p' "/proc/$$/mountinfo" | head -n 200); do
  walk "/proc/${'${each_left%% *}'}"
  walk "${'${each_left#* }'}"
done
IFS=$words`;

/** systemd's marks name the units of what runs. */
const marks = `
if [ -n "$found" ] && [ -n "$gnu" ]; then
  list /run/systemd/units
  begin L
  find /run/systemd/units -maxdepth 1 -name 'invocation:*' -type l -printf 'P%p\\nT%l\\n' 2>/dev/null
  end
fi`;

const programs = [...new Set(distributionNames.flatMap((name) => distributions[name].programs))];

/** Where systemd runs, as showUnits runs it. */
function shown(args: string[]): string {
  const id = commandKey({ file: 'systemctl', args });
  const env = Object.entries(showEnvironment).map(([name, value]) => `${name}=${value}`);
  const run = `run ${quoted(id)} 5 4000064 all units / '' "$manager" env -i "PATH=$PATH"`;
  return `[ ! -d /run/systemd/system ] || [ -z "$manager" ] || ${run} ${words(env)} "$manager" ${words(args)}`;
}

export const foreseen = (): Foreseen => ({
  lines: [
    `files 1000001 ${words(texts)}`,
    `files 67108865 ${words(packageFiles)}`,
    'list /var/lib/pacman/local',
    `walks ${words(places)} "/proc/$$/ns/mnt" "/proc/$$/ns/user" "/proc/$$/ns/pid"`,
    `file 67108865 "/proc/$$/mountinfo"`,
    `tools ${needed.join(' ')}`,
    'processes',
    `found=$(candidates ${quoted(programs.join('|'))})`,
    'for each_pid in $found; do lineage "$each_pid"; mounts_of "$each_pid"; done',
    'mounts "$PATH"; mounts /run/current-system/sw/bin; mounts /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    ...unitFiles.split('\n').filter(Boolean),
    ...marks.split('\n').filter(Boolean),
    ...leftovers.split('\n').filter(Boolean),
    'manager=$(command -v systemctl)',
    ...showArguments(kubeletUnits).map(shown),
  ],
  after: ({ args }) => (args.includes('--list') ? 'loader' : args[0] === 'show' ? 'units' : 'none'),
});
