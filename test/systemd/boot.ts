import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { program, SYSTEM_PATH } from '../cluster/prerequisites.ts';
import { createGroups } from './groups.ts';
import { type Place, ROOT } from './layout.ts';

/** A shell script: puts itself into the control groups of $GROUPS, and becomes its arguments. */
export const ENTER = 'for group in $GROUPS; do echo $$ >"$group/cgroup.procs"; done; exec "$@"';

/**
 * Starts the container that becomes the node, and returns its parent process, which lives as long as it does.
 * @param keep it outlives this process
 */
export function boot(place: Place, keep: boolean): ChildProcess {
  const namespaces = ['--mount', '--uts', '--ipc', '--net', '--pid', '--cgroup', '--propagation=private'];
  const script = [join(import.meta.dirname, 'boot.sh'), place.disk, place.root, place.name, place.address];
  const argv = [
    '/bin/sh',
    '-c',
    ENTER,
    'sh',
    program('unshare'),
    ...namespaces,
    '--kill-child',
    'sh',
    ...script,
  ];
  // The kernel ends the node with its starter, however that ends.
  if (!keep) argv.unshift(program('setpriv'), '--pdeathsig=KILL');
  const [file = '', ...args] = argv;
  const log = openSync(place.log, 'a');
  const container = spawn(file, args, {
    cwd: ROOT,
    detached: true,
    stdio: ['ignore', log, log],
    env: { PATH: SYSTEM_PATH, GROUPS: createGroups(place).join(' ') },
  });
  closeSync(log);
  container.unref();
  return container;
}
