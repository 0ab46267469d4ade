/** Which nixpkgs a text names, in the forms that people paste. Pure. */
import { type Channel, channelOf, parseChannel } from '../../advisory/channel.ts';

/** What was recognized; null for what the text does not say. */
export interface Pasted {
  channel: Channel | null;
  /** 7 to 40 hexadecimal digits */
  revision: string | null;
}

/** Larger than any of these forms, and than the channels of any user. */
const textLimit = 20_000;

/**
 * Reads the name of a channel, its URL, a version of NixOS (25.05.20250522.55d1f92, as nixos-version and BUILD_ID
 * say it), nixos-version --json, lines of nix-channel --list, a reference to a flake, or a commit.
 * @returns null if it is none of them
 */
export function parsePasted(text: string): Pasted | null {
  if (text.length > textLimit) return null;
  const lines = text.split('\n').flatMap((line) => line.trim() || []);
  return fromJson(text) ?? fromChannels(lines) ?? (lines.length === 1 ? fromWord(lines[0] ?? '') : null);
}

function fromJson(text: string): Pasted | null {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof document !== 'object' || document === null) return null;
  const { nixosVersion, nixpkgsRevision } = document as Record<string, unknown>;
  const version = typeof nixosVersion === 'string' ? fromVersion(nixosVersion) : null;
  const revision = typeof nixpkgsRevision === 'string' ? commitIn(nixpkgsRevision) : null;
  return version || revision
    ? { channel: version?.channel ?? null, revision: revision ?? version?.revision ?? null }
    : null;
}

/** "nixos https://nixos.org/channels/nixos-25.05": the system follows the one named nixos. */
function fromChannels(lines: string[]): Pasted | null {
  const channels = lines.map((line) => /^(\S+)\s+(https?:\/\/\S+)$/.exec(line));
  if (channels.length === 0 || channels.includes(null)) return null;
  const named = (name: string): string | undefined => channels.find((match) => match?.[1] === name)?.[2];
  const url = named('nixos') ?? (channels.length === 1 ? channels[0]?.[2] : named('nixpkgs'));
  return url === undefined ? null : fromUrl(url);
}

function fromWord(line: string): Pasted | null {
  const word = line.replace(/^(?:BUILD_ID|VERSION_ID|VERSION)=/, '').replace(/^(["'])(.*)\1$/, '$2');
  const channel = parseChannel(word);
  if (channel) return { channel, revision: null };
  const commit = commitIn(word);
  return commit === null
    ? (fromVersion(word) ?? fromUrl(word) ?? fromFlake(word))
    : { channel: null, revision: commit };
}

const commitIn = (text: string): string | null =>
  /^[0-9a-f]{7,40}$/i.test(text) ? text.toLowerCase() : null;

/** 25.05.20250522.55d1f92 (a flake: with its date), 25.05.804391.b1b2c3d4e5f6 (a channel), 25.11pre123.abc. */
function fromVersion(text: string): Pasted | null {
  const match =
    /^(?:(?:nixos|nixpkgs)-)?(\d\d\.(?:05|11))(?:(pre)?-?\.?(\d{6,8})\.(?:([0-9a-f]{7,40})|dirty)|(pre)-git|(pre))?(?:[. ](?:dirty|\(.*\)).*)?$/i.exec(
      text.trim(),
    );
  if (!match) return null;
  const [, release = '', pre, number, revision = null, git, bare] = match;
  const channel = channelOf(release, dayIn(number), Boolean(pre ?? git ?? bare));
  return channel && { channel, revision };
}

/** 20250522 as 2025-05-22; null for a number of commits */
function dayIn(number: string | undefined): string | null {
  const match = /^(20\d\d)(\d\d)(\d\d)$/.exec(number ?? '');
  const day = match?.slice(1).join('-') ?? '';
  return match && !Number.isNaN(Date.parse(day)) ? day : null;
}

/** A channel's URL, one of its releases, or an archive of a commit. */
function fromUrl(text: string): Pasted | null {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) return null;
  const { hostname, pathname } = new URL(text);
  const parts = pathname.split('/').filter(Boolean);
  if (/(^|\.)nixos\.org$/.test(hostname)) {
    for (const part of parts.reverse()) {
      const channel = parseChannel(part);
      const found = channel ? { channel, revision: null } : fromVersion(part);
      if (found) return found;
    }
    return null;
  }
  return hostname === 'github.com' || hostname === 'codeload.github.com' ? fromGithub(parts) : null;
}

/** github.com/NixOS/nixpkgs/archive/COMMIT.tar.gz, …/tarball/BRANCH, …/tree/BRANCH; no fork. */
function fromGithub([owner, repository, ...rest]: string[]): Pasted | null {
  if (owner?.toLowerCase() !== 'nixos' || repository?.replace(/\.git$/, '') !== 'nixpkgs') return null;
  const reference = rest.at(-1)?.replace(/\.(?:tar\.gz|tar\.xz|zip)$/, '') ?? '';
  return fromReference(reference);
}

/** github:NixOS/nixpkgs/nixos-25.05, nixpkgs/COMMIT */
function fromFlake(text: string): Pasted | null {
  const match = /^(?:github:NixOS\/nixpkgs|(?:flake:)?nixpkgs)\/([\w.-]+)$/i.exec(text);
  return match ? fromReference(match[1] ?? '') : null;
}

function fromReference(reference: string): Pasted | null {
  const channel = parseChannel(reference);
  const revision = channel ? null : commitIn(reference);
  return channel || revision ? { channel, revision } : null;
}
