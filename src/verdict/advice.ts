/** What to do next, from a verdict and the facts behind it. Pure. */
import type { Advisory } from '../advisory/index.ts';
import { type PackagedVersion, systemOf } from '../advisory/packages.ts';
import { lacksLaterSecurityFixes, standing, type Version } from '../advisory/version.ts';
import type { FactName, Facts } from '../facts/facts.ts';
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
  'sweep',
  'wait-for-kubelet',
] as const;
type AdviceCode = (typeof adviceCodes)[number];
export type Advice = AnyAdvice<AdviceCode>;

/** Stronger evidence that is still missing, strongest first. Empty once a mount was tested. */
export function confirmation(
  { fact, state }: { fact: FactName | null; state: State },
  facts: Facts,
  advisory: Advisory,
): Advice[] {
  if (fact === 'probe' || fact === 'noKubelet') return [];
  const advice: Advice[] = [
    { code: 'test-mount', text: "test kubelet's mount, on the node", command: 'sudo subpathfix check' },
  ];
  if (fact === 'patches' || fact === 'forceMount2') return advice;
  if (facts.packaged.known) {
    const { value } = facts.packaged;
    const canBePatched = standing(value.version, advisory) === 'affected';
    return canBePatched ? [...advice, ...changelog(value, advisory)] : advice;
  }
  if (!facts.patches.known) {
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
  if (state === 'affected' && (fact === 'utilLinux' || fact === 'libmount')) {
    const channel = facts.channel.known ? facts.channel.value.name : 'nixpkgs';
    const patched = advisory.nixpkgs.windows.find((window) => window.state === 'fixed');
    const text = `some revisions of ${channel} have the fix as a patch and still report ${patched?.version}`;
    advice.push({ code: 'version-is-not-enough', text });
  }
  return advice;
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
    const { packaged } = facts;
    if (packaged.known) {
      const command = systemOf(packaged.value.system, advisory)?.upgrade;
      const text = 'permanent fix: upgrade util-linux';
      return [
        { code: 'generate', text: 'write the fix', command: generate },
        { code: 'upgrade', text, ...(command === undefined ? {} : { command }) },
      ];
    }
    const text = `permanent fix: move to a channel with util-linux ${advisory.laterSecurityFixes.minimum} or newer`;
    return [
      { code: 'generate', text: 'write the fix', command: generate },
      { code: 'permanent-fix', text },
    ];
  }
  const version = facts.libmount.known ? facts.libmount : facts.utilLinux;
  return state === 'fixed' && version.known ? securityFixes(version.value, advisory) : [];
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

/** A build with this fix can still lack later ones. */
export function securityFixes(version: Version, advisory: Advisory): Advice[] {
  if (!lacksLaterSecurityFixes(version, advisory)) return [];
  const { minimum, releases } = advisory.laterSecurityFixes;
  const text = `util-linux ${version.release} lacks later security fixes for mount (${releases.join(', ')}): move to ${minimum} or newer`;
  return [{ code: 'lacks-security-fixes', text }];
}
