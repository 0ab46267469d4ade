/** Builds the new system, without switching to it. */
import path from 'node:path';
import type { Command } from '../../host/command.ts';
import { activateLimit, finish, rebuildLimit } from '../finish.ts';
import type { Phase } from '../phase.ts';
import type { RebuildOptions, Shared } from '../shared.ts';

/** A flake or a file is relative to the user's directory, not to the one that the rebuild runs in. */
export function buildCommand({ flake, file }: Omit<RebuildOptions, 'mode'>, cwd: string): Command {
  const args: string[] = ['build'];
  if (file !== undefined) args.push('-f', path.resolve(cwd, file));
  else if (flake !== undefined) {
    const [where = '', attribute] = flake.split('#', 2);
    const absolute = /^\.{0,2}(\/|$)/.test(where) ? path.resolve(cwd, where) : where;
    args.push('--flake', attribute === undefined ? absolute : `${absolute}#${attribute}`);
  }
  return { file: 'nixos-rebuild', args, mutates: true };
}

export const dryActivateCommand = (closure = './result'): Command => ({
  file: `${closure}/bin/switch-to-configuration`,
  args: ['dry-activate'],
  mutates: false,
});

export function rebuild(shared: Shared, options: RebuildOptions): Phase {
  const { host, signal } = shared;
  return {
    name: 'rebuild',
    title: 'build the new system',
    barrier: true,
    run: async (onLine) => {
      const cwd = await host.makeTemporary('build');
      shared.buildDirectory = cwd;
      shared.remains?.set('build', `the link to what was built is in ${cwd}`);
      const build = { ...buildCommand(options, host.cwd), cwd };
      const failed = await finish(host, build, { ...rebuildLimit, signal, onLine });
      if (failed) return failed;
      const closure = await host.readLink(path.join(cwd, 'result'));
      shared.closure = closure;
      const dry = await finish(host, dryActivateCommand(closure), { ...activateLimit, signal, onLine });
      return dry ?? { state: 'passed', because: `built ${closure}` };
    },
    undo: async () => {
      await discardBuild(shared);
      return { state: 'passed', because: 'the build was discarded' };
    },
  };
}

/** Removes the link to what was built. */
export async function discardBuild(shared: Shared): Promise<void> {
  if (shared.buildDirectory !== undefined) await shared.host.removeTemporary(shared.buildDirectory);
  shared.buildDirectory = undefined;
  shared.remains?.delete('build');
}
