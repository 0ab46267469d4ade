/** What a command found, as one document; a reporter writes it down. */
import type { Advisory } from '../advisory/index.ts';
import { lacksLaterSecurityFixes } from '../advisory/version.ts';
import type { Facts } from '../facts/facts.ts';
import type { NodeFacts } from '../facts/node/node-facts.ts';
import type { Verdict } from '../verdict/verdict.ts';
import { exitCodes } from './exit.ts';
import type { Report } from './schema.ts';

export type { Report };

export const formatNames = ['human', 'json', 'markdown', 'junit'] as const;
export type FormatName = (typeof formatNames)[number];

/** The exit code that a verdict gives by itself; undetermined is never 0. */
export function exitCodeOf({ state }: Pick<Verdict, 'state'>): number {
  if (state === 'affected') return exitCodes.affected;
  return state === 'undetermined' ? exitCodes.undetermined : exitCodes.good;
}

export interface Finding {
  command: Report['command'];
  version: string;
  verdict: Verdict;
  facts: Facts;
  advisory: Advisory;
  remedy?: NonNullable<Report['remedy']>;
  probe?: NonNullable<Report['probe']>;
  /** what is worth a word beside the verdict */
  notes?: readonly string[];
  node?: NodeFacts;
}

/** The document for a finding. */
export function reportOf({
  command,
  version,
  verdict,
  facts,
  advisory,
  notes = [],
  ...rest
}: Finding): Report {
  return {
    schemaVersion: 1,
    program: { name: 'subpathfix', version },
    command,
    advisory: advisory.id,
    verdict,
    facts,
    notes: [...notes],
    advice: advice(verdict, facts, advisory, rest.remedy !== undefined),
    ...rest,
  };
}

/** What to do next, apart from getting more evidence. */
function advice(verdict: Verdict, facts: Facts, advisory: Advisory, cured: boolean): string[] {
  const { home, releases } = advisory.laterSecurityFixes;
  const version = facts.libmount.known ? facts.libmount : facts.utilLinux;
  if (verdict.state === 'affected' && !cured) {
    return [
      'write the cure: subpathfix generate, with the same options',
      `the home is a channel with util-linux ${home} or newer`,
    ];
  }
  if (verdict.state === 'fixed' && version.known && lacksLaterSecurityFixes(version.value, advisory)) {
    return [
      `util-linux ${version.value.release} still lacks later security fixes of mount (${releases.join(', ')}): move on when you can`,
    ];
  }
  return [];
}
