import { parseArgs } from 'node:util';
import { execa } from 'execa';
import { leftoversOf } from './clean.ts';
import { baseDisk } from './disk.ts';
import { install, writeUnit } from './install.ts';
import { KubernetesNode } from './kubernetes.ts';
import { INDEXES, type NodeIndex, pairOf } from './layout.ts';
import { installNixos } from './nixos.ts';
import { SystemdNode } from './node.ts';
import { installProgram } from './program.ts';
import { buildStandIns } from './store.ts';
import { truth } from './truth.ts';
import { FLAVOURS, type Flavour, VARIANTS, type Variant, type VariantName } from './variants.ts';

const USAGE = `usage: npm run node -- COMMAND [--index N]
  build                                  make what the cache lacks of a node
  up                                     start a fresh node and leave it running
  hold                                   start one, and end it with this process (Ctrl-C)
  variant NAME [--mount FLAVOUR] [--wrapper FLAVOUR] [--kubelet-path FLAVOUR] [--env NAME=VALUE]...
                                         set up Kubernetes, once; where the node before an odd one has it, join that
  unit NAME ...                          rewrite its unit with other flavours; kubelet goes on until a restart
  nixos [--nixpkgs STATE] [--old]        make it a NixOS with nixos-rebuild; --old does not know --store-path
  program                                put dist/ on it, as subpathfix
  truth                                  say whether subPaths work there, by a pod
  kubectl -- ARGS...                     run kubectl as admin
  run -- PROGRAM ARGS...                 run a program on it
  shell                                  a shell on it
  status                                 say what there is of it on this machine
  down                                   end it and remove all its traces
FLAVOUR: ${FLAVOURS.join(', ')}
NAME: ${Object.keys(VARIANTS).join(', ')}`;

const readArguments = () =>
  parseArgs({
    allowPositionals: true,
    options: {
      index: { type: 'string', default: '0' },
      mount: { type: 'string' },
      wrapper: { type: 'string' },
      'kubelet-path': { type: 'string' },
      env: { type: 'string', multiple: true, default: [] },
      nixpkgs: { type: 'string', default: 'bare-2.41' },
      old: { type: 'boolean', default: false },
    },
  });
let given: ReturnType<typeof readArguments>;
try {
  given = readArguments();
} catch (error) {
  console.error(`${error instanceof Error ? error.message : error}\n${USAGE}`);
  process.exit(2);
}
const { values, positionals } = given;

const commands: Record<string, (node: SystemdNode, args: string[]) => Promise<void>> = {
  async build() {
    await buildStandIns();
    await baseDisk(console.error);
  },
  async up({ index }) {
    const { pid } = await SystemdNode.start(index, { keep: true, report: console.error });
    console.log(`process ${pid} is its systemd`);
  },
  async hold({ index }) {
    const { pid } = await SystemdNode.start(index, { report: console.error });
    console.log(`process ${pid} is its systemd`);
    await new Promise(() => setInterval(() => {}, 60_000));
  },
  async variant(node, [name = '']) {
    await install(node, variantOf(name), joined(node));
  },
  async unit(node, [name = '']) {
    await writeUnit(node, variantOf(name));
  },
  async nixos(node) {
    await installNixos(KubernetesNode.find(node), { nixpkgs: values.nixpkgs, storePath: !values.old });
  },
  program: installProgram,
  async truth(node) {
    console.log(await truth(KubernetesNode.find(node)));
  },
  async kubectl(node, args) {
    console.log(await KubernetesNode.find(node).kubectl(args));
  },
  run: enter,
  async shell(node) {
    await enter(node, ['bash', '--login']);
  },
  async status(node) {
    for (const line of leftoversOf(node.place)) console.log(line);
  },
  async down(node) {
    node.stop();
  },
};

async function enter(node: SystemdNode, argv: string[]): Promise<void> {
  const [file, args] = node.entering(argv, { TERM: process.env['TERM'] ?? 'dumb' });
  const { exitCode } = await execa(file, args, {
    env: node.groupsEnvironment(),
    extendEnv: false,
    stdio: 'inherit',
    reject: false,
  });
  process.exitCode = exitCode ?? 1;
}

function variantOf(name: string): Variant {
  if (!Object.hasOwn(VARIANTS, name)) throw new Error(USAGE);
  const [wrapper, kubeletPath] = [flavour(values.wrapper), flavour(values['kubelet-path'])];
  return {
    ...VARIANTS[name as VariantName],
    mount: flavour(values.mount) ?? 'affected',
    ...(wrapper && { wrapper }),
    ...(kubeletPath && { kubeletPath }),
    env: Object.fromEntries(
      values.env.map((each) => [each.split('=', 1)[0], each.slice(each.indexOf('=') + 1)]),
    ),
  };
}

function flavour(text: string | undefined): Flavour | undefined {
  const known = FLAVOURS.find((each) => each === text);
  if (text !== undefined && known === undefined) throw new Error(USAGE);
  return known;
}

/** The cluster of the first node of its pair, for the second, where that has one. */
function joined({ index }: SystemdNode): KubernetesNode | undefined {
  const [first, second] = pairOf(index);
  if (index !== second) return undefined;
  try {
    return KubernetesNode.find(new SystemdNode(first));
  } catch {
    return undefined;
  }
}

async function main(): Promise<void> {
  const [name = '', ...args] = positionals;
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  const index = INDEXES.find((each) => String(each) === values.index) as NodeIndex | undefined;
  if (command === undefined || index === undefined) throw new Error(USAGE);
  await command(new SystemdNode(index), args);
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
