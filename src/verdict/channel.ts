/** What is said of each channel, from what was read of it. */
import { parseChannel } from '../advisory/channel.ts';
import { type Advisory, fixPatch } from '../advisory/index.ts';
import { lacksLaterSecurityFixes } from '../advisory/version.ts';
import { known, unknown } from '../facts/fact.ts';
import { type Facts, noFacts } from '../facts/facts.ts';
import type { ChannelReading } from '../facts/nixpkgs/channels.ts';
import { exitCodes } from '../report/exit.ts';
import type { ChannelStatus, Status } from '../report/status/schema.ts';
import { containsFix } from './containment.ts';
import { judge } from './judge.ts';
import type { Verdict } from './verdict.ts';

type Known = Extract<ChannelReading, { facts: unknown }>;

/**
 * The state of a channel.
 * @param fix commit whose presence is asked for; null for none
 */
export function channelStatus(
  reading: ChannelReading,
  advisory: Advisory,
  fix: string | null = null,
): ChannelStatus {
  if (reading.from === 'snapshot') return fromSnapshot(reading, advisory, fix);
  if (reading.from === 'nowhere') return unreachable(reading, fix);
  const { name, from, at, facts: read } = reading;
  const facts = factsOf(reading);
  const verdict = judge(facts, advisory);
  const version = read.utilLinux.known ? read.utilLinux.value : null;
  return {
    name,
    revision: at.revision,
    date: at.date,
    utilLinux: version?.release ?? null,
    patches: read.patches.known
      ? read.patches.value.patches
          .filter((patch) => fixPatch(patch, advisory))
          .map(({ name, url, applies }) => ({
            name,
            ...(url === undefined ? {} : { url }),
            applies: applies.known ? applies.value : null,
          }))
      : null,
    withPatches: read.withPatches.known ? read.withPatches.value : null,
    state: verdict.state,
    summary: summary(verdict.state, version !== null && isAffectedVersion(version.release, advisory)),
    because: verdict.because,
    advice: advice(reading, verdict, advisory),
    from,
    asOf: at.asOf,
    source: read.utilLinux.known ? read.utilLinux.evidence : at.url,
    ...(fix === null ? {} : { fix: containsFix(fix, facts, verdict, advisory) }),
  };
}

function factsOf({ name, facts }: Known): Facts {
  const channel = parseChannel(name);
  return {
    ...noFacts(),
    ...facts,
    channel: channel ? known(channel, 'name of the channel') : unknown('not a release or rolling channel'),
  };
}

const isAffectedVersion = (release: string, { affected }: Advisory): boolean =>
  affected.versions.includes(release);

function summary(state: Verdict['state'], affectedVersion: boolean): ChannelStatus['summary'] {
  if (state === 'fixed') return affectedVersion ? 'fixed by patch' : 'already fixed';
  return state === 'not-affected' ? 'not affected' : state;
}

function advice({ name, facts }: Known, { state, toSettle }: Verdict, advisory: Advisory): string[] {
  const version = facts.utilLinux.known ? facts.utilLinux.value : null;
  const { home, releases } = advisory.laterSecurityFixes;
  if (state === 'affected' && version) {
    const { minimal, patched } = advisory.nixpkgs.attributes;
    const has = facts.withPatches.known && facts.withPatches.value;
    return [
      `write the cure: subpathfix generate --channel ${name} --util-linux ${version.release}`,
      ...(has ? [`${minimal}.${patched} of this revision is built with the fix`] : []),
      `the home is a channel with util-linux ${home} or newer`,
    ];
  }
  if (state === 'undetermined') return toSettle;
  if (state === 'fixed' && version && lacksLaterSecurityFixes(version, advisory)) {
    return [
      `util-linux ${version.release} still lacks later security fixes of mount (${releases.join(', ')}): move on when you can`,
    ];
  }
  return [];
}

function unreachable(
  { name, asked, at, reason }: Extract<ChannelReading, { from: 'nowhere' }>,
  fix: string | null,
): ChannelStatus {
  return {
    ...{ name, revision: at?.revision ?? null, date: at?.date ?? null },
    ...{ utilLinux: null, patches: null, withPatches: null },
    ...(asked
      ? { state: 'unreachable', summary: 'unreachable', advice: ['--offline says what was known last'] }
      : { state: 'undetermined', summary: 'undetermined', advice: [askNow] }),
    because: reason,
    ...{ from: 'nowhere', asOf: at?.asOf ?? null, source: null },
    ...(fix === null ? {} : { fix: { contained: null, because: 'the channel could not be read' } }),
  };
}

function fromSnapshot(
  { name, asOf, entry }: Extract<ChannelReading, { from: 'snapshot' }>,
  advisory: Advisory,
  fix: string | null,
): ChannelStatus {
  const since = entry.since === null ? '' : `, since ${entry.since}`;
  const ours = fix !== null && advisory.commits.fixes.some(({ id }) => id.startsWith(fix));
  return {
    ...{ name, revision: null, date: null, utilLinux: entry.utilLinux, patches: null, withPatches: null },
    state: entry.state,
    summary: summary(entry.state, false),
    because: `${entry.text} (snapshot of ${asOf}${since})`,
    advice: [askNow],
    ...{ from: 'snapshot', asOf, source: entry.source.url },
    ...(fix === null
      ? {}
      : {
          fix: {
            contained: ours ? entry.state === 'fixed' : null,
            because: ours ? `util-linux ${entry.utilLinux}` : 'the snapshot does not say',
          },
        }),
  };
}

const askNow = 'ask without --offline for the revision of today';

/** The worst of the channels: one that is affected, else one that could not be told. */
export function exitCodeOfAll({ channels }: Pick<Status, 'channels'>): number {
  if (channels.some(({ state }) => state === 'affected')) return exitCodes.affected;
  const told = channels.every(({ state }) => state === 'fixed' || state === 'not-affected');
  return told ? exitCodes.good : exitCodes.undetermined;
}
