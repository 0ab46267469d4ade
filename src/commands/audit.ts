/** `audit`: what a NixOS configuration has because of the defect, and whether it can go. */
import path from 'node:path';
import { advisory } from '../advisory/index.ts';
import { UserError } from '../errors.ts';
import { readConfiguration } from '../facts/configuration/read.ts';
import { openTree } from '../host/tree.ts';
import { removed } from '../remedy/removal.ts';
import { generatedLine } from '../render/render.ts';
import { auditDocument } from '../report/documents/audit.ts';
import { printable, printableLine } from '../text/escape.ts';
import { auditSighting } from '../verdict/audit.ts';
import { nixpkgsOf } from './audit-nixpkgs.ts';
import { commandLine } from './command-line.ts';
import { type Context, present } from './context.ts';
import type { SystemOptions } from './system-options.ts';

export interface AuditOptions extends SystemOptions {
  /** the directory, if it is given */
  names: string[];
  diff?: true;
}

/**
 * @returns the exit code: 1 where something can go, 3 where that cannot be determined, 0 otherwise
 * @throws {UserError} if there is no such directory, or options conflict
 */
export async function audit(context: Context, options: AuditOptions): Promise<number> {
  const [given = '.'] = options.names;
  const directory = path.resolve(context.host.cwd, given);
  const tree = await openTree(directory).catch((error: unknown) => {
    if (!(error instanceof UserError)) throw error;
    const what = error.message.replace(directory, given);
    throw new UserError(
      `${what}: give the directory of a NixOS configuration, such as /etc/nixos`,
      error.exitCode,
    );
  });
  const configuration = await readConfiguration(tree, advisory, generatedLine);
  const { sightings, packages, texts } = configuration;
  const nixpkgs = await nixpkgsOf(context, options, directory, configuration);
  const audited = sightings.map((sighting) =>
    auditSighting(sighting, nixpkgs.of(sighting), packages, advisory),
  );
  const going = audited.flatMap(({ sighting, state }) => (state === 'can-go' ? [sighting] : []));
  const { changes, byHand } = await removed(texts, going);
  const diff = options.diff ? await diffOf(changes) : null;
  const document = auditDocument({
    ...{ version: context.version, advisory, directory: given, configuration, audited, byHand, diff },
    ...{ nixpkgs, proposal: `${commandLine(context.argv)} --diff` },
  });
  if (diff !== null && !options.json && options.format === 'human') {
    // Alone on standard output: it goes to patch as it is, but to a terminal as text.
    if (options.quiet) return document.exitCode;
    const { headline, notes, next } = document;
    for (const text of [headline, ...[...notes, ...next].map((each) => each.text)])
      context.stderr.write(`${printableLine(text)}\n`);
    context.stdout.write(context.stdout.columns === null ? diff : printable(diff));
    return document.exitCode;
  }
  return present(context, document, options);
}

/** As patch -p1 takes it. */
async function diffOf(changes: { file: string; before: string; after: string }[]): Promise<string> {
  const { createTwoFilesPatch } = await import('diff');
  return changes
    .map(({ file, before, after }) => createTwoFilesPatch(`a/${file}`, `b/${file}`, before, after))
    .join('');
}
