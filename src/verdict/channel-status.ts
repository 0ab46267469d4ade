/** The verdict on a channel, from what was read about it. Pure. */
import { parseChannel } from '../advisory/channel.ts';
import type { Advisory } from '../advisory/index.ts';
import { standing } from '../advisory/version.ts';
import { known, unknown } from '../facts/fact.ts';
import { type Facts, noFacts } from '../facts/facts.ts';
import type { ChannelReading } from '../facts/nixpkgs/channels.ts';
import { type Advice, nextSteps } from './advice.ts';
import { toPaste } from './confirmation.ts';
import { type Containment, containsFix, isFix } from './containment.ts';
import { judge } from './judge.ts';
import { type State, states } from './states.ts';
import type { Verdict } from './verdict.ts';

export const channelStates = [...states, 'unreachable'] as const;
export const summaries = [
  'already fixed',
  'fixed by patch',
  'not affected',
  'affected',
  'undetermined',
  'unreachable',
] as const;

export interface ChannelJudgement {
  state: (typeof channelStates)[number];
  summary: (typeof summaries)[number];
  because: string;
  advice: Advice[];
  /** whether it has the commit that was asked about */
  fix?: Containment | undefined;
}

type From<Source> = Extract<ChannelReading, { from: Source }>;

/** @param fix commit to look for */
export function judgeChannel(reading: ChannelReading, advisory: Advisory, fix?: string): ChannelJudgement {
  if (reading.from === 'snapshot') return fromSnapshot(reading, advisory, fix);
  if (reading.from === 'nowhere') return unreachable(reading, fix);
  const facts = factsOf(reading);
  const verdict = judge(facts, advisory);
  const { state, because } = verdict;
  const { utilLinux } = facts;
  return {
    state,
    summary: summary(state, utilLinux.known && standing(utilLinux.value, advisory) === 'affected'),
    because,
    advice: advice(reading.name, facts, verdict, advisory),
    fix: fix === undefined ? undefined : containsFix(fix, facts, verdict, advisory),
  };
}

function factsOf({ name, facts }: From<'network' | 'cache'>): Facts {
  const channel = parseChannel(name);
  return {
    ...noFacts(),
    ...facts,
    channel: channel
      ? known(channel, "the channel's name")
      : unknown('not-understood', `${name} is neither a release nor a rolling channel`),
  };
}

function summary(state: State, affectedVersion: boolean): ChannelJudgement['summary'] {
  if (state === 'fixed') return affectedVersion ? 'fixed by patch' : 'already fixed';
  return state === 'not-affected' ? 'not affected' : state;
}

function advice(name: string, facts: Facts, verdict: Verdict, advisory: Advisory): Advice[] {
  const { utilLinux, withPatches } = facts;
  if (verdict.state === 'undetermined') return toPaste(verdict);
  const version = utilLinux.known ? ` --util-linux ${utilLinux.value.release}` : '';
  const command = `subpathfix generate --channel ${name}${version}`;
  const steps = nextSteps(verdict.state, facts, advisory, command);
  if (verdict.state !== 'affected' || !withPatches.known || !withPatches.value) return steps;
  const { minimal, patched } = advisory.nixpkgs.attributes;
  const text = `${minimal}.${patched} in this revision is built with the fix`;
  return [...steps, { code: 'patched-attribute', text }];
}

function unreachable({ name, asked, reason }: From<'nowhere'>, fix?: string): ChannelJudgement {
  const state = asked ? 'unreachable' : 'undetermined';
  const command = `subpathfix status ${name} --offline`;
  const askOffline = { code: 'ask-offline', text: 'show the last known state', command } as const;
  return {
    state,
    summary: state,
    because: reason,
    advice: [asked ? askOffline : askOnline(name)],
    fix: fix === undefined ? fix : { contained: null, because: 'the channel could not be read' },
  };
}

function fromSnapshot(
  { name, asOf, entry }: From<'snapshot'>,
  advisory: Advisory,
  fix?: string,
): ChannelJudgement {
  const since = entry.since === null ? '' : `, since ${entry.since}`;
  const containment =
    fix !== undefined && isFix(fix, advisory)
      ? { contained: entry.state === 'fixed', because: `util-linux ${entry.utilLinux}` }
      : { contained: null, because: 'the snapshot does not say' };
  return {
    state: entry.state,
    summary: summary(entry.state, false),
    because: `${entry.text} (snapshot of ${asOf}${since})`,
    advice: [askOnline(name)],
    fix: fix === undefined ? fix : containment,
  };
}

const askOnline = (name: string): Advice => ({
  code: 'ask-online',
  text: "check today's revision",
  command: `subpathfix status ${name}`,
});
