/** What the nixpkgs of a commit says about util-linux: read over HTTP, once per commit. */ import { standing } from '../../advisory/version.ts';
import { HttpError } from '../../host/http-rules.ts';
import { known, NotUnderstood, unreadable } from '../fact.ts';
import { type NixpkgsFacts, unreadNixpkgs } from '../facts.ts';
import { parseRevision } from './channel-revision.ts';
import { fetchText, firstOf, type Remote } from './mirrors.ts';
import { keep, recall } from './store.ts';

/** util-linux's package.nix is about 10 kB; a file a hundred times larger is something else. */
const fileLimit = 1_000_000;

/**
 * What nixpkgs says about util-linux at a commit, as `--nixpkgs` reads it from a checkout.
 * @returns facts that are unreadable, with the reason, when the file cannot be fetched or read
 */
export async function readRevision(remote: Remote, revision: string): Promise<NixpkgsFacts> {
  try {
    if (!/^[0-9a-f]{7,40}$/.test(revision)) {
      throw new HttpError(`"${revision}" is not a commit id of 7 to 40 hexadecimal digits`);
    }
    return await readFacts(remote, revision);
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    return unreadNixpkgs(
      unreadable('no-answer', `cannot be read: ${error.message}`),
      known(revision, 'given'),
    );
  }
}

/**
 * What the file of util-linux says at a commit. It never changes, so it is fetched once.
 * @returns facts that are unreadable when the file cannot be read
 * @throws {HttpError} when it cannot be fetched
 */
export async function readFacts(remote: Remote, revision: string): Promise<NixpkgsFacts> {
  try {
    const kept = await recallFacts(remote, revision);
    return (
      kept ??
      (await firstOf(remote, remote.rawBases, (base, signal) => fetchFacts(remote, base, revision, signal)))
    );
  } catch (error) {
    if (error instanceof PartlyRead) return error.facts;
    if (!(error instanceof NotUnderstood)) throw error;
    const fact = unreadable('not-understood', `cannot be read: ${error.message}`);
    return unreadNixpkgs(fact, known(revision, 'given'));
  }
}

/** What the cached file of a commit says; null if none is cached. */
export async function recallFacts(remote: Remote, revision: string): Promise<NixpkgsFacts | null> {
  for (const base of remote.rawBases) {
    for (const file of remote.advisory.nixpkgs.files) {
      const source = await recall(remote, 'files', base, `${revision}/${file}`);
      try {
        if (source !== null) return await factsOf(remote, base, revision, file, source, null);
      } catch (error) {
        // A cached file that no longer parses is fetched again.
        if (!(error instanceof NotUnderstood)) throw error;
      }
    }
  }
  return null;
}

/** Loaded only when a file is to be parsed: it is the largest part of the program. */
const reader = () => import('./read.ts');

/** The file at its current path, else at its former one. */
async function fetchFacts(
  remote: Remote,
  base: string,
  revision: string,
  signal: AbortSignal,
): Promise<NixpkgsFacts> {
  const { files } = remote.advisory.nixpkgs;
  // Loads during the request; an error surfaces where it is awaited.
  reader().catch(() => undefined);
  for (const file of files) {
    const source = await fetchFile(remote, base, `${revision}/${file}`, signal);
    if (source === null) continue;
    const facts = await factsOf(remote, base, revision, file, source, signal);
    await keepFile(remote, base, revision, file, source);
    return facts;
  }
  throw new HttpError(
    `${base}/${revision}: has none of ${files.join(', ')} (404); check the commit and the base URL`,
  );
}

/** An abbreviated commit can become ambiguous: what it gives is not kept. */
async function keepFile(remote: Remote, base: string, revision: string, file: string, text: string) {
  if (parseRevision(revision)) await keep(remote, text, 'files', base, `${revision}/${file}`);
}

/** null if there is none */
async function fetchFile(remote: Remote, base: string, name: string, signal: AbortSignal) {
  const { status, body } = await fetchText(remote, `${base}/${name}`, { limit: fileLimit, signal }, 404);
  return status === 404 ? null : body;
}

/** @param signal null: files that it imports are taken from the cache alone */
async function factsOf(
  remote: Remote,
  base: string,
  revision: string,
  file: string,
  source: string,
  signal: AbortSignal | null,
): Promise<NixpkgsFacts> {
  const where = `${base}/${revision}/${file}`;
  const load = async (target: string): Promise<string> => {
    if (target.startsWith('..')) throw new HttpError('it is outside of nixpkgs');
    const name = `${revision}/${target}`;
    const kept = await recall(remote, 'files', base, name);
    const text = kept ?? (signal && (await fetchFile(remote, base, name, signal)));
    if (text === null) throw new HttpError(signal ? 'there is none (404)' : 'it is not in the cache');
    if (kept === null) await keepFile(remote, base, revision, target, text);
    return text;
  };
  const facts = await (await reader()).factsIn(
    { path: file, where, source, load },
    revision,
    remote.advisory,
  );
  const { utilLinux, patches } = facts;
  if (patches.known || !utilLinux.known || standing(utilLinux.value, remote.advisory) !== 'affected')
    return facts;
  throw new PartlyRead(facts, patches.reason.text);
}

/** A version that only its patches can settle, and they are not understood: another mirror may have better. */
class PartlyRead extends NotUnderstood {
  constructor(
    readonly facts: NixpkgsFacts,
    message: string,
  ) {
    super(message);
  }
}
