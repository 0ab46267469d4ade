/** A report about many nodes, of stand-in rows as a large cluster has them: several systems and kubelets, two clouds. */
import type { Document, NodeRow } from '../../src/report/document.ts';

const systems = [
  { os: 'NixOS 25.05 (Warbler)', kernel: '6.12.31', kubelet: 'v1.32.4+k0s', runtime: 'containerd 1.7.27' },
  { os: 'NixOS 25.05 (Warbler)', kernel: '6.12.40', kubelet: 'v1.33.1+k0s', runtime: 'containerd 1.7.27' },
  { os: 'NixOS 25.11 (Xantusia)', kernel: '6.12.58', kubelet: 'v1.33.1+k0s', runtime: 'containerd 2.1.5' },
  {
    os: 'NixOS 25.11 (Xantusia)',
    kernel: '6.17.9',
    kubelet: 'v1.34.2+k3s1',
    runtime: 'containerd 2.1.5-k3s1',
  },
  {
    os: 'Debian GNU/Linux 13 (trixie)',
    kernel: '6.12.48+deb13-amd64',
    kubelet: 'v1.33.1',
    runtime: 'containerd 2.1.4',
  },
  { os: 'Ubuntu 24.04.3 LTS', kernel: '6.8.0-87-generic', kubelet: 'v1.32.4', runtime: 'containerd 1.7.28' },
] as const;

const store = '/nix/store/1vzm1bdnh5sf5ymgwxgcqvhzggycnpqm-util-linux-2.41';

/** A small generator of the same numbers each time: a report is compared with itself. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function nodeOf(index: number, random: () => number): NodeRow {
  const system = systems[Math.floor(random() ** 1.6 * systems.length)] ?? systems[0];
  const zone = 'abc'[index % 3];
  const name = `ip-10-${40 + (index % 3)}-${Math.floor(index / 250)}-${(index * 7) % 250}.eu-central-1${zone}.compute.internal`;
  const hints = { ...system, architecture: index % 9 === 0 ? 'arm64' : 'amd64' };
  const chain = [
    `chain: ${system.os} -> unit ${system.kubelet.includes('k3s') ? 'k3s' : 'k0sworker'} -> kubelet, pid ${1000 + Math.floor(random() * 9000)}`,
    `PATH: ${store}-bin/bin (the unit), ${store}-mount/bin, /run/current-system/sw/bin`,
    `mount: ${store}-mount/bin/mount, of libmount ${store}-lib/lib/libmount.so.1`,
  ];
  const from = random();
  if (system.os.startsWith('NixOS 25.05') && from < 0.06) {
    return {
      name,
      outcome: 'bad',
      state: 'affected',
      message: `${store}-mount/bin/mount was tested: it does not bind a file or a directory the way kubelet needs`,
      details: [
        ...chain,
        'case file: exit 0, the target became a symbolic link',
        'case directory: exit 32, wrong fs type',
      ],
      hints,
      next: [{ code: 'generate', text: 'write the fix', command: `subpathfix generate --host root@${name}` }],
    };
  }
  if (from > 0.997) {
    return {
      name,
      outcome: 'failed',
      state: 'not reached',
      message: 'ssh: connect to host: Connection timed out after 10 s',
      details: [],
      hints: {},
      next: [{ code: 'check-node', text: 'see whether it is up', command: `ssh root@${name} true` }],
    };
  }
  if (from > 0.994) {
    return {
      name,
      outcome: 'unknown',
      state: 'undetermined',
      message: `no user namespace on ${name}, and util-linux 2.41 alone does not decide: it was released with and without the fix`,
      details: chain.slice(0, 2),
      hints,
      next: [],
    };
  }
  if (index % 500 === 499) {
    return {
      name,
      outcome: 'skipped',
      state: 'skipped',
      message: 'cordoned: no pod can start there',
      details: [],
      hints,
      next: [],
    };
  }
  return {
    name,
    outcome: 'good',
    state: 'fixed',
    message: `mount of ${system.os.startsWith('NixOS') ? 'util-linux 2.41.2' : 'util-linux 2.39.3'} was tested: it binds a file and a directory the way kubelet needs`,
    details: [...chain, 'case file: exit 0, bound', 'case directory: exit 0, bound'],
    hints,
    next: [],
  };
}

/** So many nodes. */
export function fleet(count: number): NodeRow[] {
  const random = numbers(2041);
  return Array.from({ length: count }, (_, index) => nodeOf(index, random));
}

/** The report of `check` about these nodes. */
export function fleetDocument(nodes: NodeRow[], isWide = false): Document {
  return {
    command: 'check',
    subject: 'nodes',
    outcome: 'bad',
    headline: `${nodes.filter(({ outcome }) => outcome === 'bad').length} of ${nodes.length} nodes affected`,
    message: '',
    findings: nodes.map((node) => ({
      id: node.name,
      title: node.name,
      outcome: node.outcome,
      state: node.state,
      message: node.message,
      details: node.details,
      seconds: 1.5,
      data: null,
    })),
    blocks: [{ kind: 'nodes', nodes, isWide }],
    notes: [{ code: 'hints', text: 'what a node says of its kubelet and system is not proof of anything' }],
    next: [
      { code: 'generate', text: 'write the fix', command: 'subpathfix generate --distro k0s --out fix' },
      { code: 'permanent-fix', text: 'permanent fix: move to a channel with util-linux 2.41.4 or newer' },
    ],
    exitCode: 1,
    published: {},
  };
}

/** A report with everything but nodes. */
export const machineDocument: Document = {
  ...fleetDocument([]),
  command: 'verify',
  subject: { node: 'worker-1' },
  headline: 'the defect is still there',
  message: 'the mount of kubelet was tested',
  findings: fleet(900)
    .slice(80, 90)
    .map(({ name, ...node }) => ({ ...node, id: name, title: name, seconds: 1.25, data: null })),
  blocks: [
    { kind: 'list', title: 'decided by', lines: ['the mount', { text: 'look', command: 'mount --version' }] },
    { kind: 'list', title: 'chain', lines: ['NixOS 25.05 (Warbler)', '-> unit k0sworker'] },
    { kind: 'table', columns: ['POD', 'STATE'], rows: [['a', { text: 'stuck', outcome: 'bad' }]] },
    { kind: 'paragraph', title: 'fix', lines: ['so'], steps: [{ text: 'run', commands: ['true'] }] },
    { kind: 'verbatim', title: 'Diff', lines: ['+ a', '- b'] },
  ],
};
