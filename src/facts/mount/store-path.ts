/** Names in the Nix store. */
import { parseVersion, type Version } from '../../advisory/version.ts';

/** The version in the name of a store path of util-linux: /nix/store/<hash>-util-linux-minimal-2.41-lib/…. */
export function storeVersion(file: string): Version | null {
  const name = /^\/nix\/store\/[0-9a-z]{32}-(util-linux(?:-minimal)?-[^/]+)/.exec(file)?.[1];
  return name ? parseVersion(name) : null;
}
