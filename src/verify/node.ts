/** The phases that look at the running node: which mount kubelet uses, what it does, what the defect left. */
import type { Advisory } from '../advisory/index.ts';
import { lacksLaterSecurityFixes } from '../advisory/version.ts';
import { examineNode, type NodeExamination } from '../facts/node/examine.ts';
import { effectiveMount } from '../facts/node/node-facts.ts';
import type { Host } from '../host/host.ts';
import { judge } from '../verdict/judge.ts';
import { trapsOf } from '../verdict/notes.ts';
import type { Phase, PhaseResult } from './phase.ts';

/** The examination, made once and looked at by several phases. */
export interface Examined {
  examination: NodeExamination | null;
}

const notInEffect = /^switched, not yet in effect/;

/** What runs: the kubelet, its mount, and whether what the unit says is in effect. */
export function kubeletPhase(host: Host, advisory: Advisory, signal: AbortSignal, examined: Examined): Phase {
  return {
    name: 'kubelet',
    title: 'look at the running kubelet',
    run: async () => {
      const examination = await examineNode(host, advisory, { live: true, signal });
      examined.examination = examination;
      const { node, facts } = examination;
      const notes = trapsOf(node, facts, advisory);
      const mount = effectiveMount(node);
      if (!node.kubelet.known) return { state: 'undetermined', because: node.kubelet.reason };
      if (!mount.known) return { state: 'undetermined', because: mount.reason };
      const waiting = notes.find((note) => notInEffect.test(note));
      const who = `kubelet of ${node.kubelet.value.distro} (pid ${node.kubelet.value.pid})`;
      if (waiting) {
        const unit = node.unit.known ? node.unit.value.name : 'its unit';
        return { state: 'affected', because: waiting, details: [`sudo systemctl restart ${unit}`] };
      }
      return {
        state: 'passed',
        because: `${who} uses ${mount.value.mount}, from ${mount.value.layer}`,
        details: notes,
      };
    },
  };
}

/** What that mount does, tried with kubelet's own PATH and environment. */
export function probePhase(host: Host, advisory: Advisory, signal: AbortSignal, examined: Examined): Phase {
  return {
    name: 'probe',
    title: 'try its mount',
    run: async () => {
      examined.examination ??= await examineNode(host, advisory, { live: true, signal });
      const { facts, node } = examined.examination;
      if (!node.kubelet.known) {
        // What its unit would give it was tried at best: that is no proof of what will run.
        return { state: 'undetermined', because: node.kubelet.reason };
      }
      if (!facts.probe.known) return { state: 'undetermined', because: facts.probe.reason };
      const verdict = judge(facts, advisory);
      return { state: verdict.state === 'affected' ? 'affected' : 'passed', because: verdict.because };
    },
  };
}

/** Mounts that the defect left: they do not speak against the cure, but pods hang on them. */
export function leftoversPhase(
  host: Host,
  advisory: Advisory,
  signal: AbortSignal,
  examined: Examined,
): Phase {
  return {
    name: 'leftovers',
    title: 'look for what the defect left behind',
    run: async (): Promise<PhaseResult> => {
      examined.examination ??= await examineNode(host, advisory, { live: true, signal });
      const { leftovers } = examined.examination.node;
      if (!leftovers.known) return { state: 'undetermined', because: leftovers.reason };
      const { directories } = leftovers.value;
      if (directories.length === 0) return { state: 'passed', because: 'no mount of the defect is left' };
      const pods = new Set(directories.map(({ podUid }) => podUid));
      return {
        state: 'passed',
        because: `${directories.length} directories of ${pods.size} pods still hold mounts that the defect made; a pod with one can hang`,
        details: [
          'sudo subpathfix sweep            # lists them',
          'sudo subpathfix sweep --apply    # removes them',
        ],
      };
    },
  };
}

/** What to do next with the cure. */
export function advice({ examination }: Examined, advisory: Advisory): string[] {
  if (!examination) return [];
  const { facts } = examination;
  const version = facts.libmount.known ? facts.libmount : facts.utilLinux;
  const { home, releases } = advisory.laterSecurityFixes;
  const lines = [
    'the overlay can go when an evaluation warns that this nixpkgs does not have the defect any more',
  ];
  if (version.known && lacksLaterSecurityFixes(version.value, advisory)) {
    lines.push(
      `util-linux ${version.value.release} lacks later security fixes of mount (${releases.join(', ')}): the home is a channel with ${home} or newer`,
    );
  }
  return lines;
}
