/** What misleads people on a node with this defect, noted where it applies. Pure. */
import type { Advisory } from '../advisory/index.ts';
import { standing } from '../advisory/version.ts';
import type { Facts } from '../facts/facts.ts';
import { storeVersion } from '../facts/mount/store-path.ts';
import type { Ignored } from '../facts/node/kubelet.ts';
import { effectiveMount, layerText, type NodeFacts, programOfMount } from '../facts/node/node-facts.ts';
import type { Message } from '../text/message.ts';
import { type Drift, driftOf } from './drift.ts';
import { obsoleteText } from './obsolete.ts';

export const noteCodes = [
  'not-in-effect',
  'lost-at-restart',
  'restart-undetermined',
  'other-mount-in-shell',
  'wrapper-shadows',
  'csi-mount',
  'leftovers',
  'fix-not-needed',
  'ignored-processes',
  'other-nixpkgs',
  'pinned-unit',
  'found-on-node',
] as const;
export type Note = Message<(typeof noteCodes)[number]>;

/** The notes beside a verdict, most important first. */
export function notesOf(node: NodeFacts, facts: Facts, advisory: Advisory): Note[] {
  const texts: Partial<Record<Note['code'], string | null>> = {
    ...restarting(node, driftOf(node, facts, advisory)),
    'other-mount-in-shell': otherMountInShell(node),
    'wrapper-shadows': wrapperShadows(node),
    'csi-mount': csi(node, facts, advisory),
    leftovers: leftovers(node),
    'fix-not-needed': obsoleteText(node, facts, advisory),
    'ignored-processes': ignoredText(node.ignored),
  };
  return noteCodes.flatMap((code) => {
    const text = texts[code];
    return text ? [{ code, text }] : [];
  });
}

/** What a restart of its unit would change. */
function restarting(
  { mount, planned }: NodeFacts,
  { state, because }: Drift,
): Partial<Record<Note['code'], string>> {
  switch (state) {
    case 'not-in-effect':
    case 'lost-at-restart':
      return { [state]: because };
    case 'unknown':
      // What is not known of kubelet itself is said by the verdict.
      return mount.known && planned.known ? { 'restart-undetermined': because } : {};
    case 'none':
      return {};
  }
}

function otherMountInShell(node: NodeFacts): string | null {
  const effective = effectiveMount(node);
  if (!node.shellMount.known || !effective.known) return null;
  const [shell, kubelets] = [node.shellMount.value.steps.at(-1), programOfMount(effective.value)];
  if (shell === kubelets) return null;
  return `this shell's mount is ${shell}, kubelet's is ${kubelets} (from ${layerText(effective.value.layer)}): testing mount by hand says nothing about kubelet`;
}

/** A wrapper puts its own mount in front of the unit's PATH, and of a fix there. */
function wrapperShadows(node: NodeFacts): string | null {
  const effective = effectiveMount(node);
  if (!effective.known || effective.value.layer !== 'wrapper' || !node.unit.known) return null;
  return `the package that ${node.unit.value.name} starts is wrapped: its own ${effective.value.entry} comes before the unit's PATH`;
}

/** CSI drivers that enter the host do not use kubelet's mount. */
function csi({ csiMount }: NodeFacts, facts: Facts, advisory: Advisory): string | null {
  if (!csiMount.known) return null;
  const version = storeVersion(csiMount.value);
  if (!version || standing(version, advisory) !== 'affected') return null;
  const kubelet = facts.probe.known && facts.probe.value.state === 'fixed' ? ', though kubelet is fixed' : '';
  return `CSI drivers that enter the host call /run/wrappers/bin/mount, which is ${csiMount.value} (affected by version${kubelet})`;
}

const mostNamed = 5;

/** Processes that go by the name of a kubelet and are none; null if there are none. */
export function ignoredText(ignored: readonly Ignored[]): string | null {
  if (ignored.length === 0) return null;
  const named = ignored.slice(0, mostNamed).map(({ pid, name, text }) => `${name} (pid ${pid}) ${text}`);
  const more = ignored.length > mostNamed ? [`and ${ignored.length - mostNamed} more`] : [];
  return `ignored, no kubelet of this node: ${[...named, ...more].join('; ')}`;
}

function leftovers({ leftovers: found }: NodeFacts): string | null {
  if (!found.known) return null;
  const count = found.value.directories.flatMap((directory) => directory.leftovers).length;
  if (count === 0) return null;
  return `this node was hit: ${count} ${count === 1 ? 'mount' : 'mounts'} left behind by the defect; list them with subpathfix sweep`;
}
