/** The commands that activate exactly the system that was built and tested. */
import type { Command } from '../host/command.ts';
import { definedEnv, type Host } from '../host/host.ts';
import type { RebuildMode } from './phase.ts';
import { profile } from './systems.ts';
import { hasSystemd } from './units.ts';
import { makeRunDirectory, unsaidFile } from './unsaid.ts';

/** How a node activates a system. */
export interface Means {
  systemd: boolean;
  /** nixos-rebuild knows --store-path: since 2026-01 */
  storePath: boolean;
}

export async function meansOf(host: Host): Promise<Means> {
  const [systemd, storePath] = await Promise.all([hasSystemd(host), knowsStorePath(host)]);
  return { systemd, storePath };
}

/**
 * By its manual, which --help shows; trying it would activate something. Pagers, line breaks and typographic
 * hyphens (U+2010 to U+2212) are kept out of it.
 */
async function knowsStorePath(host: Host): Promise<boolean> {
  const plain = { LC_ALL: 'C', MANPAGER: 'cat', PAGER: 'cat', MANWIDTH: '1000', GROFF_NO_SGR: '1' };
  const env = { ...definedEnv(host.env), ...plain };
  const help = { file: 'nixos-rebuild', args: ['--help'], env, mutates: false };
  const { output } = await host.run(help, { timeoutMs: 20_000 });
  // Bold in a terminal of paper: a character, a backspace, the character again.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what man writes
  const text = output.replace(/.\u0008/g, '').replace(/[\u2010-\u2015\u2212]/g, '-');
  return /(?:^|[^\w-])--store-path(?![\w-])/m.test(text);
}

/** The purpose of the file that the unit's output goes to. */
export const activation = 'activate';
const ownUnit = 'subpathfix-activate';
/** As nixos-rebuild calls it. */
const switchUnit = 'nixos-rebuild-switch-to-configuration';

/** What nixos-rebuild gives to switch-to-configuration. */
const switchVariables = ['LOCALE_ARCHIVE', 'NIXOS_INSTALL_BOOTLOADER', 'NIXOS_NO_CHECK'];

/** @param closure the system, in the store */
export function activationCommands(
  host: Pick<Host, 'pid'>,
  mode: RebuildMode,
  closure: string,
  { systemd, storePath }: Means,
): Command[] {
  const detached = (unit: string, variables: string[], command: Command): Command => {
    const file = unsaidFile(host, activation);
    const about = ['--collect', '--no-ask-password', '--quiet', '--wait', '--service-type=exec'];
    const output = [`--property=StandardOutput=append:${file}`, `--property=StandardError=append:${file}`];
    const environment = variables.flatMap((name) => ['-E', name]);
    const args = [...about, `--unit=${unit}`, ...output, ...environment, command.file, ...command.args];
    return { file: 'systemd-run', args, mutates: true };
  };
  const directory = systemd ? [makeRunDirectory] : [];
  if (storePath) {
    const command = { file: 'nixos-rebuild', args: [mode, '--store-path', closure], mutates: true };
    const variables = ['PATH', 'HOME', ...switchVariables];
    return [...directory, systemd ? detached(ownUnit, variables, command) : command];
  }
  const setProfile = { file: 'nix-env', args: ['--profile', profile, '--set', closure], mutates: true };
  const switchOver = { file: `${closure}/bin/switch-to-configuration`, args: [mode], mutates: true };
  return [
    ...directory,
    ...(mode === 'test' ? [] : [setProfile]),
    systemd ? detached(switchUnit, switchVariables, switchOver) : switchOver,
  ];
}
