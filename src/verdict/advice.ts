/** What to do next, from a verdict and the facts behind it. Pure. */
import type { Advisory } from '../advisory/index.ts';
import { systemOf } from '../advisory/packages.ts';
import { lacksLaterSecurityFixes } from '../advisory/version.ts';
import { type Facts, isOtherSystem } from '../facts/facts.ts';
import type { Advice as AnyAdvice } from '../text/message.ts';
import type { DriftState, State } from './states.ts';

export const adviceCodes = [
  'test-mount',
  'give-version',
  'read-nixpkgs',
  'read-changelog',
  'choose-input',
  'version-is-not-enough',
  'generate',
  'generate-wrapper',
  'patched-attribute',
  'permanent-fix',
  'upgrade',
  'lacks-security-fixes',
  'remove-fix',
  'propose-removal',
  'ask-online',
  'ask-offline',
  'reboot',
  'restart-kubelet',
  'keep-fix',
  'verify-elsewhere',
  'verify-again',
  'prove-fix',
  'sweep',
  'wait-for-kubelet',
  'check-node',
  'read-journal',
] as const;
type AdviceCode = (typeof adviceCodes)[number];
export type Advice = AnyAdvice<AdviceCode>;

/** What to do about a verdict. */
export function nextSteps(state: State, facts: Facts, advisory: Advisory, generate: string): Advice[] {
  if (state === 'affected') {
    const fix = { code: 'generate', text: 'write the fix', command: generate } as const;
    const permanent = permanentFix(facts, advisory);
    // Where an upgrade is one command, a workaround is for those who cannot run it.
    return permanent.command === undefined
      ? [fix, permanent]
      : [permanent, { ...fix, text: 'or write a workaround' }];
  }
  return state === 'fixed' ? securityFixes(facts, advisory) : [];
}

/** Where every mount is fixed, on this system: by a channel of nixpkgs, or by an upgrade. */
export function permanentFix(facts: Facts, advisory: Advisory): Advice {
  if (isOtherSystem(facts)) {
    return { code: 'upgrade', text: 'permanent fix: upgrade util-linux', ...upgradeCommand(facts, advisory) };
  }
  const { minimum } = advisory.laterSecurityFixes;
  return {
    code: 'permanent-fix',
    text: `permanent fix: move to a channel with util-linux ${minimum} or newer`,
  };
}

function upgradeCommand({ packaged }: Facts, advisory: Advisory): { command?: string } {
  const command = packaged.known ? systemOf(packaged.value.system, advisory)?.upgrade : undefined;
  return command === undefined ? {} : { command };
}

/**
 * What to do first on a node whose unit would give kubelet something else than it has.
 * @param unit null if it is not known
 * @param generate the command that writes the fix
 */
export function driftSteps(state: DriftState, unit: string | null, generate: string): Advice[] {
  if (unit === null) return [];
  if (state === 'lost-at-restart')
    return [{ code: 'keep-fix', text: `write the fix before ${unit} is restarted`, command: generate }];
  if (state !== 'not-in-effect') return [];
  const command = `sudo systemctl restart ${unit}`;
  return [{ code: 'restart-kubelet', text: 'the unit has a fix already: restart it', command }];
}

/** When a fix is no longer needed. */
export const removeFix = (facts: Facts): Advice => ({
  code: 'remove-fix',
  text: isOtherSystem(facts)
    ? 'remove the drop-in, if there is one, when util-linux itself has the fix'
    : 'remove the fix when evaluation warns that this nixpkgs no longer has the defect',
});

/** A build with this fix can still lack later ones. */
export function securityFixes(facts: Facts, advisory: Advisory): Advice[] {
  const version = facts.libmount.known ? facts.libmount : facts.utilLinux;
  if (!version.known || !lacksLaterSecurityFixes(version.value, advisory)) return [];
  const { minimum, releases } = advisory.laterSecurityFixes;
  const isOther = isOtherSystem(facts);
  const how = isOther ? `upgrade it to ${minimum} or newer` : `move to a channel with ${minimum} or newer`;
  const text = `util-linux ${version.value.release} lacks later security fixes for mount (${releases.join(', ')}): ${how}`;
  return [{ code: 'lacks-security-fixes', text, ...(isOther ? upgradeCommand(facts, advisory) : {}) }];
}
