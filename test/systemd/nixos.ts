import { join } from 'node:path';
import { build } from 'rolldown';
import type { KubernetesNode } from './kubernetes.ts';
import type { Configuration } from './nixos/nixos-rebuild.ts';
import { LOCALE_ARCHIVE, storeMounts, storeProgram, storeShell } from './store.ts';

const here = import.meta.dirname;
const INSTALLED = '/opt/nixos-rebuild';

export interface NixosOptions {
  /** The state of util-linux in nixpkgs: a name of test/nix/default.nix. */
  nixpkgs: string;
  /** nixos-rebuild knows --store-path: that of 2026-01 and newer. */
  storePath: boolean;
}

/**
 * Makes the node a NixOS that has been built from a configuration, with a nixos-rebuild: its first generation has the
 * variant's unit and no fix. A fix is a subpath-fix.nix (and its overlay.nix) in /etc/nixos.
 */
export async function installNixos(kubernetes: KubernetesNode, options: NixosOptions): Promise<void> {
  const { node, variant } = kubernetes;
  const program = await bundle();
  await node.writeFile(`${INSTALLED}/nixos-rebuild`, `#!/usr/bin/env node\n${program}`, 0o755);
  await node.writeFile(`${INSTALLED}/package.json`, '{"type":"module"}');
  await node.copy(join(here, 'nixos/switch-to-configuration'), `${INSTALLED}/switch-to-configuration`);
  await node.copyDirectory(join(here, '../nix'), `${INSTALLED}/nix`);
  if (options.storePath) await node.writeFile(`${INSTALLED}/knows-store-path`, '');
  await node.run(['ln', '-sf', `${INSTALLED}/nixos-rebuild`, '/usr/local/bin/nixos-rebuild']);

  // Nothing is built here: a store of root alone will do.
  await node.writeFile('/etc/nix/nix.conf', 'build-users-group =\n');

  const configuration: Configuration = {
    directory: '/etc/nixos',
    nixpkgs: options.nixpkgs,
    variant,
    program: await storeProgram(node, variant),
    mounts: await storeMounts(node),
    shell: await storeShell(node),
    environment: { LOCALE_ARCHIVE },
  };
  await node.writeFile('/etc/nixos/configuration.json', JSON.stringify(configuration, null, 2));
  await node.writeFile('/etc/nixos/subpath-fix.nix', '{ }\n');
  await node.run(['nixos-rebuild', 'switch']);
  await node.run(['ln', '-sfn', '/run/current-system', '/run/booted-system']);
  await kubernetes.untilReady();
}

/** It shares the texts of units with the tests, and the node has no TypeScript. */
async function bundle(): Promise<string> {
  const input = join(here, 'nixos/nixos-rebuild.ts');
  const { output } = await build({ input, platform: 'node', write: false, output: { format: 'esm' } });
  return output[0].code;
}
