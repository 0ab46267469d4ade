/** The shapes of the data in src/advisory/. */
import { z } from 'zod';

const releaseVersion = z.string().regex(/^\d+\.\d+(\.\d+)?(-rc\d+)?$/);
const commitId = z.string().regex(/^[0-9a-f]{9,40}$/);
const nixosRelease = z.string().regex(/^\d\d\.\d\d$/);
const githubUrl = z
  .string()
  .regex(/^https:\/\/github\.com\/[\w.-]+\/[\w.-]+\/(issues|pull|commit)\/\w+(\.patch)?$/);

const signature = z.strictObject({
  id: z.string().regex(/^[a-z-]+$/),
  seenIn: z.string(),
  /** for people; <…> stands for what varies */
  text: z.string(),
  /** a regular expression that finds it in one line */
  pattern: z.string().refine((pattern) => new RegExp(pattern, 'u') instanceof RegExp),
  /** true: proves this defect; false: only with other evidence */
  proof: z.boolean(),
  /** true: a message of mount itself */
  mountSays: z.boolean(),
  basis: z.enum(['measured', 'reported']),
  /**
   * of what happens: kubelet's mount, what mount says of it, the runtime that then finds a link; symptom: with other
   * causes too; leftover: what the defect left is in the way of a mount that may work
   */
  part: z.enum(['kubelet', 'mount', 'runtime', 'symptom', 'leftover']),
});

const commit = z.strictObject({ id: commitId, branch: z.string(), firstRelease: releaseVersion });

/** From a value on, and before one: at least one of them. */
const range = (value: z.ZodString) =>
  z
    .strictObject({ from: value.optional(), before: value.optional() })
    .refine(({ from, before }) => from !== undefined || before !== undefined);

const pattern = z.string().refine((text) => new RegExp(text, 'u') instanceof RegExp);

/** Builds of an affected version, by exactly one of: revision, snapshot of the system, day of the build. */
const build = z
  .strictObject({
    revisions: range(z.string().regex(/^\d+\.\d+\S*-\S+$/)).optional(),
    snapshots: range(z.string().regex(/^\d{8}$/)).optional(),
    built: range(z.string().regex(/^\d{4}-\d\d-\d\d$/)).optional(),
    state: z.enum(['affected', 'fixed']),
    text: z.string(),
    source: z.url(),
  })
  .refine(({ revisions, snapshots, built }) => [revisions, snapshots, built].filter(Boolean).length === 1);

/** A Linux distribution that changes util-linux without changing its version. */
const packagingSystem = z.strictObject({
  /** as ID in /etc/os-release */
  id: z.string().regex(/^[a-z0-9._-]+$/),
  name: z.string(),
  /** other names under which people know it, such as code names */
  releases: z.array(z.string()),
  /** what its revisions look like, after the version and a hyphen */
  revision: pattern,
  /** what only its revisions contain; empty if nothing tells them from others */
  mark: pattern,
  /** the command that gets a newer one */
  upgrade: z.string().min(1),
  /** the command that shows what was changed; empty if there is none */
  changelog: z.string(),
  builds: z.array(build),
});

export const advisoryShape = z.strictObject({
  schemaVersion: z.literal(1),
  id: z.string(),
  summary: z.string(),
  details: z.string(),
  library: z.string(),
  sourceFile: z.string(),
  aliases: z
    .array(
      z.strictObject({
        project: z.string(),
        kind: z.enum(['issue', 'pull request']),
        number: z.int().positive(),
        url: githubUrl,
      }),
    )
    .min(1),
  affected: z.strictObject({
    package: z.string(),
    ranges: z.array(z.strictObject({ introduced: releaseVersion, fixed: releaseVersion })).length(1),
    versions: z.array(releaseVersion).min(1),
  }),
  commits: z.strictObject({ introduced: z.array(commit).min(1), fixes: z.array(commit).min(1) }),
  patch: z.strictObject({
    url: githubUrl,
    nixHash: z.string().regex(/^sha256-[A-Za-z0-9+/]{43}=$/),
    /** what the lines that it removes from the source file contain */
    removes: z.string(),
    /** what a patch's file name, name or URL contains if it is the fix */
    names: z.array(z.string().min(5)).min(1),
  }),
  environment: z.strictObject({ variable: z.string(), value: z.string(), since: releaseVersion }),
  signatures: z.array(signature).min(3),
  nixpkgs: z.strictObject({
    files: z.array(z.string().endsWith('.nix')).min(1),
    attributes: z.strictObject({ minimal: z.string(), full: z.string(), patched: z.string() }),
    windows: z.array(
      z.strictObject({
        state: z.enum(['affected', 'fixed']),
        version: releaseVersion,
        withPatches: z.boolean(),
        pullRequests: z.array(z.int().positive()).min(1),
        text: z.string(),
      }),
    ),
    channels: z.array(
      z.strictObject({
        releases: z.strictObject({ from: nixosRelease.optional(), to: nixosRelease.optional() }),
        /** the versions of util-linux that their channels shipped */
        atLeast: releaseVersion.optional(),
        before: releaseVersion.optional(),
      }),
    ),
    /** what revisions of these days had; without a release, of nixos-unstable */
    days: z.array(
      z.strictObject({
        release: nixosRelease.optional(),
        from: z.iso.date().optional(),
        before: z.iso.date(),
        state: z.enum(['affected', 'fixed', 'not-affected']),
        text: z.string(),
        source: githubUrl,
      }),
    ),
    rolling: z.array(z.string()),
  }),
  packages: z.strictObject({ systems: z.array(packagingSystem).min(1) }),
  laterSecurityFixes: z.strictObject({
    releases: z.array(releaseVersion).min(1),
    minimum: releaseVersion,
    /** the newest release that was seen */
    newest: releaseVersion,
    notes: z.array(
      z.strictObject({
        cve: z.string().regex(/^CVE-\d{4}-\d+$/),
        fixed: z.array(releaseVersion),
        text: z.string(),
      }),
    ),
  }),
});

const day = z.iso.date();
const release = z.string().regex(/^\d\d\.(05|11)$/);

const entry = z.strictObject({
  channels: z.union([
    z.strictObject({ releases: z.strictObject({ from: release.optional(), to: release }) }),
    z.strictObject({ rolling: z.literal(true) }),
  ]),
  state: z.enum(['fixed', 'not-affected']),
  /** what every revision since then has, as a range */
  utilLinux: z.string().regex(/^(<|>=)\d+\.\d+(\.\d+)?$/),
  /** null: as long as the channel exists, or on an unrecorded day */
  since: day.nullable(),
  text: z.string(),
  source: z.strictObject({
    url: z.string().regex(/^https:\/\/github\.com\/NixOS\/nixpkgs\/pull\/\d+$/),
    /** when it was opened */
    date: day,
  }),
});

export const snapshotShape = z.strictObject({
  schemaVersion: z.literal(1),
  /** the day of the latest source: later changes are not in it */
  asOf: day,
  entries: z.array(entry).min(1),
});
