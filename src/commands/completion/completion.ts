/** subpathfix completion: prints a script that completes commands, options and their values. */
import type { Command } from 'commander';
import { snapshot } from '../../advisory/snapshot.ts';
import { exitCodes } from '../../errors.ts';
import { defaultChannels } from '../../facts/given/channel-names.ts';
import type { Context } from '../context.ts';
import { bash } from './bash.ts';
import { fish } from './fish.ts';
import { type Typed, typed } from './model.ts';
import type { Shell } from './shells.ts';
import { zsh } from './zsh.ts';

const scripts: Record<Shell, (what: Typed) => string> = { bash, zsh, fish };

/**
 * The script of a shell.
 * @param program with every option
 * @param today decides which channels are current
 */
export function completionScript(shell: Shell, program: Command, today: Date): string {
  return scripts[shell](typed(program, channelNames(today)));
}

/** @param shell one of `shells`, which the command line has checked. @returns the exit code */
export async function completion(
  { host, stdout }: Pick<Context, 'host' | 'stdout'>,
  shell: string,
  program: Command,
): Promise<number> {
  stdout.write(completionScript(shell as Shell, program, new Date(host.now())));
  return exitCodes.good;
}

/** The channels of today, and the releases that the advisory names: who has an old one is who needs this. */
function channelNames(today: Date): string[] {
  const named = snapshot.entries.flatMap(({ channels: { releases } }) => releases?.from ?? []);
  return [...new Set([...defaultChannels(today), ...named.map((release) => `nixos-${release}`)])];
}
