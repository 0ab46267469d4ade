/** What a sweep needs of this machine, and what a killed one left on it. */
import { type MountAt, type SweepTools, scratchOwner, undo } from '../apply/sweep.ts';
import { eachMount } from '../facts/leftovers/mountinfo.ts';
import { type Host, ReadError } from '../host/host.ts';

const limits = { timeoutMs: 20_000, maxBytes: 64 * 1024 };

export function sweepTools(host: Host, signal: AbortSignal): SweepTools {
  return {
    signal,
    async run({ file, args }, interruptible) {
      const { exitCode, output, stopped } = await host.run(
        { file, args, mutates: true },
        interruptible ? { ...limits, signal } : limits,
      );
      if (exitCode === 0) return null;
      const words = output
        .trim()
        .replace(/\s*\n\s*/g, ' ')
        .slice(0, 300);
      const ended = stopped === null ? `exit ${exitCode}` : stoppedReason[stopped];
      return `${file} ${args[0]}: ${ended}${words ? `: ${words}` : ''}`;
    },
    mountsUnder: (path) => mountsUnder(host, path),
  };
}

const stoppedReason = {
  time: `did not end within ${limits.timeoutMs / 1000} s, and was stopped`,
  output: 'wrote too much, and was stopped',
  signal: 'was stopped by a signal',
  'not started': 'could not be started; is it in PATH?',
} as const;

async function mountsUnder(host: Host, path: string): Promise<MountAt[]> {
  const mounts: MountAt[] = [];
  await eachMount(host, '/proc/self/mountinfo', ({ id, mountPoint }) => {
    if (mountPoint === path || mountPoint.startsWith(`${path}/`)) mounts.push({ id, mountPoint });
  });
  return mounts;
}

/** The empty directories of sweeps whose process has ended: it was killed, and could not clean up. */
export async function abandonedScratch(host: Host): Promise<string[]> {
  const names = await host.readDirectory('/run').catch(noReadError);
  const paths = names.map((name) => `/run/${name}`);
  const dead = await Promise.all(
    paths.map(async (path) => {
      const owner = scratchOwner(path);
      if (owner === null) return false;
      return owner === process.pid || !(await host.isDirectory(`/proc/${owner}`).catch(() => false));
    }),
  );
  return paths.filter((_, index) => dead[index]);
}

function noReadError(error: unknown): never[] {
  if (error instanceof ReadError) return [];
  throw error;
}

/**
 * @param notes gets why one could not be taken away
 * @returns the ones that could not
 */
export async function clearAbandoned(paths: string[], tools: SweepTools, notes: string[]): Promise<string[]> {
  const left: string[] = [];
  for (const path of paths) {
    const words = await undo(path, tools);
    if (words === null) continue;
    left.push(path);
    notes.push(words);
  }
  return left;
}
