/** The evidence that would prove a verdict, and how to get it. Pure. */
import type { Advisory } from '../advisory/index.ts';
import { type PackagedVersion, systemOf } from '../advisory/packages.ts';
import { standing } from '../advisory/version.ts';
import { type FactName, type Facts, isOtherSystem } from '../facts/facts.ts';
import type { Advice } from './advice.ts';
import { isGood, type State } from './states.ts';
import type { Verdict } from './verdict.ts';

interface Decided {
  fact: FactName | null;
  state: State;
}

/** Stronger evidence that is still missing, strongest first. Empty once a mount was tested. */
export function confirmation({ fact, state }: Decided, facts: Facts, advisory: Advisory): Advice[] {
  if (fact === 'probe' || fact === 'noKubelet') return [];
  const advice: Advice[] = [testMount(facts)];
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

/** What to do where a verdict is no proof: no mount was tested, and there may be a kubelet that uses one. */
export function unproven(
  { decidedBy: fact, state }: Pick<Verdict, 'decidedBy' | 'state'>,
  facts: Facts,
  advisory: Advisory,
): Advice[] {
  if (fact === null || fact === 'probe' || fact === 'noKubelet') return [];
  if (isGood(state))
    return [{ code: 'prove-fix', text: 'prove it, on the node', command: 'sudo subpathfix verify' }];
  const doubt = versionIsNotEnough({ fact, state }, facts, advisory);
  if (doubt === null) return [];
  const { text, command } = testMount(facts);
  return [{ code: 'version-is-not-enough', text: `${text}, because ${doubt}`, command }];
}

/** The test of kubelet's mount, or what is in its way on the node that was examined. */
function testMount({ probe }: Facts): Advice {
  const advice = (text: string): Advice => ({ code: 'test-mount', text, command: 'sudo subpathfix check' });
  switch (probe.known ? null : probe.reason.code) {
    case 'no-kubelet':
    case 'kubelet-starting':
      return advice('when kubelet runs, test its mount');
    case 'no-access':
      return advice("test kubelet's mount as root");
    case 'other-namespace':
    case 'several-kubelets':
    case 'not-trusted':
      return advice("resolve that, then test kubelet's mount");
    case 'inconclusive':
    case 'not-found':
    case 'no-answer': {
      const text = "kubelet's mount cannot be tested here, so run a pod";
      return { code: 'test-mount', text, command: 'sudo subpathfix verify' };
    }
    default:
      return advice("test kubelet's mount, on the node");
  }
}

/** What to show of the evidence that is missing: the commands to choose from, else the strongest that can be pasted. */
export function toPaste({ state, toConfirm }: Pick<Verdict, 'state' | 'toConfirm'>): Advice[] {
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
