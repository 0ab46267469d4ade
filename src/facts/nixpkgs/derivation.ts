/** The patches in the derivation of a store path, if Nix is installed (nix derivation show). */
import type { Advisory } from '../../advisory/index.ts';
import { parseVersion } from '../../advisory/version.ts';
import { endedText } from '../../host/command.ts';
import type { Host } from '../../host/host.ts';
import { missingText } from '../../host/missing.ts';
import { type Fact, known, unknown, unreadable } from '../fact.ts';
import type { NixpkgsPatches, Patch } from '../facts.ts';
import { withContent } from './patch-content.ts';

const limits = { timeoutMs: 5000, maxBytes: 4_000_000 };

/**
 * @param file a path in the store, of the libmount or the mount that is run
 * @param signal aborts it
 */
export async function readDerivation(
  host: Host,
  file: string,
  advisory: Advisory,
  signal?: AbortSignal,
): Promise<Fact<NixpkgsPatches>> {
  const storePath = /^\/nix\/store\/[0-9a-z]{32}-[^/]+/.exec(file)?.[0];
  if (!storePath) return unknown('not-applicable', `${file} is not in the Nix store`);
  const nix = await host.findTool('nix');
  if (nix.file === null) {
    const text = `${missingText('nix', nix)}, so the derivation of util-linux cannot be read`;
    return unknown('not-found', text);
  }
  const args = ['--extra-experimental-features', 'nix-command', 'derivation', 'show', storePath];
  const result = await host.run({ file: nix.file, args, mutates: false }, { ...limits, signal });
  if (result.exitCode !== 0) {
    return unknown('no-answer', `nix derivation show ${storePath}: ${endedText(result, limits)}`);
  }
  const parsed = parseDerivation(result.output);
  if (!parsed)
    return unreadable('not-understood', `nix derivation show ${storePath}: the output was not understood`);
  const patches = await Promise.all(
    parsed.patches.map(({ file: patchFile, ...patch }) => withContent(host, patch, patchFile, advisory)),
  );
  return known({ version: parsed.version, patches }, `nix derivation show ${storePath}`);
}

interface ParsedDerivation extends NixpkgsPatches {
  patches: (Patch & { file: string })[];
}

/** @returns null if the text is not the JSON that nix prints for one derivation */
export function parseDerivation(text: string): ParsedDerivation | null {
  const start = text.indexOf('{');
  let document: unknown;
  try {
    document = JSON.parse(text.slice(Math.max(start, 0)));
  } catch {
    return null;
  }
  if (typeof document !== 'object' || document === null) return null;
  const [derivation] = Object.values('derivations' in document ? (document.derivations as object) : document);
  const env = (derivation as { env?: Record<string, unknown> } | undefined)?.env;
  if (typeof env?.['version'] !== 'string') return null;
  const version = parseVersion(env['version']);
  if (!version) return null;
  const files = typeof env['patches'] === 'string' ? env['patches'].split(/\s+/).filter(Boolean) : [];
  const patches = files.map((file) => ({
    file,
    name: file.replace(/^.*\/[0-9a-z]{32}-/, ''),
    applies: known(true, 'the derivation lists it'),
    touchesDefect: unknown('not-found', 'its content is no longer in the store'),
  }));
  return { version, patches };
}
