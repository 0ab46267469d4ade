/** What to do next, from a verdict and the facts behind it. Pure. */
import type { Advisory } from '../advisory/index.ts';
import { type PackagedVersion, systemOf } from '../advisory/packages.ts';
import { lacksLaterSecurityFixes, standing } from '../advisory/version.ts';
import { type FactName, type Facts, isOtherSystem } from '../facts/facts.ts';
import type { Advice as AnyAdvice } from '../text/message.ts';
import { type DriftState, isGood, type State } from './states.ts';

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
] as const;
type AdviceCode = (typeof adviceCodes)[number];
export type Advice = AnyAdvice<AdviceCode>;

/** Stronger evidence that is still missing, strongest first. Empty once a mount was tested. */
export function confirmation({ fact, state }: Decided, facts: Facts, advisory: Advisory): Advice[] {
  if (fact === 'probe' || fact === 'noKubelet') return [];
  const advice: Advice[] = [{ code: 'test-mount', text: "test kubelet's mount, on the node", command: test }];
  if (fact === 'patches' || fact === 'forceMount2') return advice;
  if (facts.packaged.known) {
    const { value } = facts.packaged;
    const canBePatched = standing(value.version, advisory) === 'affected';
    return canBePatched ? [...advice, ...changelog(value, advisory)] : advice;
  }
  if (!facts.patches.known && !isOtherSystem(facts)) {
    advice.push({
      code: 'read-nixpkgs',
      text: 'read the patches of the nixpkgs that the system is built from',
      command: `subpathfix check ${facts.revision.known ? `--rev ${facts.revision.value}` : '--nixpkgs PATH'}`,
    });
  }
  if (!facts.utilLinux.known && !facts.libmount.known) {
    advice.push({
      code: 'give-version',
      text: "give the system's util-linux version",
      command: 'subpathfix check --util-linux "$(mount --version)"',
    });
  }
  const doubt = versionIsNotEnough({ fact, state }, facts, advisory);
  return doubt === null ? advice : [...advice, { code: 'version-is-not-enough', text: doubt }];
}

/** Why an affected version does not prove the defect: nixpkgs had it with the fix; null where that is not so. */
function versionIsNotEnough({ fact, state }: Decided, facts: Facts, advisory: Advisory): string | null {
  if (state !== 'affected' || (fact !== 'utilLinux' && fact !== 'libmount')) return null;
  const channel = facts.channel.known ? facts.channel.value.name : 'nixpkgs';
  const patched = advisory.nixpkgs.windows.find((window) => window.state === 'fixed');
  const version = facts[fact];
  if (isOtherSystem(facts) || !version.known || version.value.release !== patched?.version) return null;
  return `some revisions of ${channel} have the fix as a patch and still report ${patched.version}`;
}

interface Decided {
  fact: FactName | null;
  state: State;
}

/** What to do where a verdict is no proof: no mount was tested, and there may be a kubelet that uses one. */
export function unproven({ decidedBy: fact, state }: Decidedly, facts: Facts, advisory: Advisory): Advice[] {
  if (fact === null || fact === 'probe' || fact === 'noKubelet') return [];
  if (isGood(state)) return [{ code: 'prove-fix', text: 'prove it, on the node', command: proof }];
  const doubt = versionIsNotEnough({ fact, state }, facts, advisory);
  if (doubt === null) return [];
  return [
    { code: 'version-is-not-enough', text: `${doubt}: test kubelet's mount, on the node`, command: test },
  ];
}

interface Decidedly {
  decidedBy: FactName | null;
  state: State;
}

const test = 'sudo subpathfix check';
const proof = 'sudo subpathfix verify';

/** What to show of the evidence that is missing: the commands to choose from, else the strongest that can be pasted. */
export function toPaste({ state, toConfirm }: { state: State; toConfirm: Advice[] }): Advice[] {
  if (state !== 'undetermined') return [];
  const choices = toConfirm.filter(({ code }) => code === 'choose-input');
  return choices.length > 0 ? choices : toConfirm.filter(({ command }) => command !== undefined).slice(0, 1);
}

/** Who else knows whether a distribution patched its package. */
function changelog({ system }: PackagedVersion, advisory: Advisory): Advice[] {
  const command = systemOf(system, advisory)?.changelog;
  const text = `look for ${advisory.patch.names[1]} or util-linux #3474 in the changelog of the package`;
  return [{ code: 'read-changelog', text, ...(command ? { command } : {}) }];
}

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
