/** What would settle a verdict, or make it certain. */
import type { Advisory } from '../advisory/index.ts';
import type { Facts } from '../facts/facts.ts';
import type { Verdict } from './verdict.ts';

const tryIt = 'try the mount itself, on the node: subpathfix probe';
const giveVersion =
  'say which util-linux the system has, as `mount --version` prints it: --util-linux VERSION';
const readNixpkgs =
  'read the patches of the nixpkgs that the system is built from: subpathfix check --nixpkgs PATH';

/** The next stronger evidence that is not there yet, strongest first. Empty where a mount was tried. */
export function settle(verdict: Omit<Verdict, 'toSettle'>, facts: Facts, advisory: Advisory): string[] {
  if (verdict.decidedBy === 'probe') return [];
  const advice = [tryIt];
  if (verdict.decidedBy === 'patches' || verdict.decidedBy === 'forceMount2') return advice;
  if (!facts.patches.known) advice.push(readNixpkgs);
  if (!facts.utilLinux.known && !facts.libmount.known) advice.push(giveVersion);
  const byVersion = verdict.decidedBy === 'utilLinux' || verdict.decidedBy === 'libmount';
  if (verdict.state === 'affected' && byVersion) advice.push(windows(facts, advisory));
  return advice;
}

/** Why a version alone is not certain: for a time nixpkgs had the fix under the old version. */
function windows(facts: Facts, advisory: Advisory): string {
  const channel = facts.channel.known ? facts.channel.value.name : 'nixpkgs';
  const { version } = advisory.nixpkgs.windows.find(({ state }) => state === 'fixed') ?? { version: '' };
  return `revisions of ${channel} that have the fix as a patch still say ${version}, so the version alone is not certain`;
}
