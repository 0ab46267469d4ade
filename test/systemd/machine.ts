import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { machine as clusterMachine } from '../cluster/machine.ts';
import { program } from '../cluster/prerequisites.ts';
import { ROOT } from './layout.ts';

/** What a node could leave behind, read without its own idea of what is its own: to be compared before and after. */
export function machine(): Record<string, unknown> {
  const loops = execFileSync(program('losetup'), ['--list', '--noheadings', '--output=BACK-FILE'], {
    encoding: 'utf8',
  });
  return {
    ...clusterMachine(),
    loops,
    networks: [...new Set(readdirSync('/proc').flatMap(networkOf))].sort(),
    directory: existsSync(ROOT),
  };
}

/** The network namespace of a process. */
function networkOf(pid: string): string[] {
  try {
    return /^\d+$/.test(pid) ? [readlinkSync(`/proc/${pid}/ns/net`)] : [];
  } catch {
    return [];
  }
}
