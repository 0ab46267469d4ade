import { afterAll, describe, expect, test } from 'vitest';
import { answers, checkTimes, printed, type Row, replaceUnit } from './answers.ts';
import { nodesOfTest } from './fixture.ts';
import { install, writeUnit } from './install.ts';
import type { KubernetesNode } from './kubernetes.ts';
import { installProgram } from './program.ts';
import { type Flavour, VARIANTS, type Variant } from './variants.ts';

/** What the program says of nodes of every kind, beside what a fresh pod shows: no row may differ. */

const start = nodesOfTest();
const rows: Row[] = [];
/** Of check, on a node that has settled. */
const times: number[] = [];
afterAll(() => {
  console.log(printed(rows));
  console.log(`check took ${times.join(', ')} ms`);
});

interface Expected {
  truth: Flavour;
  unit: string;
  role: string;
  drift?: 'not-in-effect' | 'lost-at-restart';
}

/** What the program has to say where that is the truth; of a fix that is lost, verify is not asked here. */
function expectedRow({
  truth,
  unit,
  role,
  drift,
}: Expected): Omit<Row, 'scene' | 'verify'> & { verify: unknown } {
  const good = truth === 'good';
  const writes = !good || drift === 'lost-at-restart';
  return {
    truth,
    check: expect.stringMatching(
      `^(${good ? 'fixed|not-affected' : 'affected'}) ${good ? 0 : 1}, ${unit}, ${role.replace('+', '\\+')}$`,
    ),
    drift: drift ?? 'none',
    generate: writes ? `0, ${unit}, ${role}` : '0, nothing',
    verify: drift === 'lost-at-restart' ? expect.any(String) : good ? 'proven 0' : 'affected 4',
  } as Omit<Row, 'scene'>;
}

async function ask(
  kubernetes: KubernetesNode,
  scene: string,
  expected: Expected,
  verifyArgs?: string[],
): Promise<void> {
  const row = await answers(kubernetes, scene, verifyArgs);
  rows.push(row);
  expect.soft(row).toEqual({ scene, ...expectedRow(expected) });
}

async function installed(variant: Variant): Promise<KubernetesNode> {
  const node = await start();
  await installProgram(node);
  return install(node, variant);
}

test('k0s on NixOS, single', async () => {
  const single: Variant = VARIANTS.k0s;
  const own = { unit: 'k0scontroller', role: 'single' };
  let k0s = await installed({ ...single, wrapper: 'affected', mount: 'good' });
  const { node } = k0s;
  await ask(k0s, 'k0s: wrapper affected, unit good', { truth: 'affected', ...own });

  await writeUnit(node, { ...single, wrapper: 'good', mount: 'affected' });
  await ask(k0s, 'k0s: wrapper fixed, not restarted', { truth: 'affected', drift: 'not-in-effect', ...own });
  await k0s.restart();
  await ask(k0s, 'k0s: wrapper good, unit affected', { truth: 'good', ...own });

  // What else runs or lies on such a node, and is not its kubelet's.
  await node.writeFile(
    '/etc/systemd/system/k0sworker.service',
    '[Service]\nExecStart=/usr/local/bin/k0s worker\n[Install]\nWantedBy=multi-user.target\n',
  );
  await node.writeFile('/etc/systemd/system/containerd.service.d/x.conf', '[Service]\nEnvironment=X=1\n');
  await node.run(['systemctl', 'daemon-reload']);
  await node.run(['systemctl', 'enable', 'k0sworker']);
  await node.run(['systemctl', 'start', 'containerd']);
  await node.run([
    'sh',
    '-c',
    'setsid $(ls /nix/store/*/bin/k0s) kubectl proxy --port=8123 >/dev/null 2>&1 </dev/null &',
  ]);
  await ask(k0s, 'k0s: with containerd, kubectl proxy and k0sworker', { truth: 'good', ...own });
  times.push(...(await checkTimes(k0s)));

  await writeUnit(node, { ...single, wrapper: 'affected', mount: 'affected' });
  await ask(k0s, 'k0s: fix dropped, not restarted', { truth: 'good', drift: 'lost-at-restart', ...own });
  await node.run(['systemctl', 'restart', own.unit]);
  const starting = await node.attempt(['subpathfix', 'check', '--json']);
  expect(JSON.parse(starting.stdout)).toMatchObject({
    node: { kubelet: { reason: { code: 'kubelet-starting' } }, unit: { value: { name: own.unit } } },
  });
  await k0s.untilReady();
  await ask(k0s, 'k0s: fix dropped, restarted', { truth: 'affected', ...own });

  const cures: [string, Partial<Variant>][] = [
    ['KUBELET_PATH', { kubeletPath: 'good' }],
    ['LIBMOUNT_FORCE_MOUNT2', { env: { LIBMOUNT_FORCE_MOUNT2: 'always' } }],
    ['KUBELET_LIBMOUNT_FORCE_MOUNT2', { env: { KUBELET_LIBMOUNT_FORCE_MOUNT2: 'always' } }],
  ];
  for (const [name, cure] of cures) {
    k0s = await replaceUnit(k0s, { ...single, wrapper: 'affected', ...cure });
    await ask(k0s, `k0s: ${name}`, { truth: 'good', ...own });
  }
  await writeUnit(node, { ...single, wrapper: 'affected' });
  await ask(k0s, 'k0s: variable dropped, not restarted', { truth: 'good', drift: 'lost-at-restart', ...own });
}, 300_000);

test('k0s on NixOS under its other names', async () => {
  let k0s = await installed(VARIANTS['k0s-unit']);
  await ask(k0s, 'k0s.service: affected', { truth: 'affected', unit: 'k0s', role: 'single' });
  k0s = await replaceUnit(k0s, {
    ...VARIANTS['k0s-unit'],
    unit: 'my-kube',
    args: ['controller', '--data-dir=/var/lib/k0s', '--enable-worker=t'],
    mount: 'good',
  });
  await ask(k0s, 'my-kube.service, --enable-worker=t: good', {
    truth: 'good',
    unit: 'my-kube',
    role: 'controller+worker',
  });
  k0s = await replaceUnit(k0s, {
    ...k0s.variant,
    mount: 'affected',
    args: ['controller', '--enable-worker=false', '--single=TRUE'],
  });
  await ask(k0s, 'my-kube.service, --single=TRUE: affected', {
    truth: 'affected',
    unit: 'my-kube',
    role: 'single',
  });
}, 120_000);

describe('as its installer sets it up', () => {
  test.each([
    ['k0s-installed', 'single'],
    ['k0s-installed-with-worker', 'controller+worker'],
    ['k0s-elsewhere', 'single'],
  ] as const)(
    '%s',
    async (name, role) => {
      const own = { unit: 'k0scontroller', role };
      const k0s = await installed(VARIANTS[name]);
      await ask(k0s, `${name}: affected`, { truth: 'affected', ...own });

      // What it writes for this node is put to use as it says.
      const { node } = k0s;
      await node.run(['subpathfix', 'generate', '--out', '/etc/systemd/system']);
      await node.run(['systemctl', 'daemon-reload']);
      await ask(k0s, `${name}: its own drop-in, not restarted`, {
        truth: 'affected',
        drift: 'not-in-effect',
        ...own,
      });
      await k0s.restart();
      // With its pod too, where k0s is in PATH.
      const verifyArgs = role === 'single' ? [] : undefined;
      await ask(k0s, `${name}: its own drop-in`, { truth: 'good', ...own }, verifyArgs);
    },
    120_000,
  );
});

describe('another distribution', () => {
  test.each([
    ['k3s', 'server'],
    ['k3s-agent', 'agent'],
    ['rke2', 'server'],
    ['rke2-agent', 'agent'],
    ['kubernetes', 'node'],
  ] as const)(
    '%s',
    async (name, role) => {
      const variant: Variant = VARIANTS[name];
      const wrapped = name === 'kubernetes' ? {} : { wrapper: 'affected' as const };
      let kubernetes = await installed({ ...variant, ...wrapped });
      const { unit } = variant;
      await ask(kubernetes, `${name}: affected`, { truth: 'affected', unit, role });
      const fixed: Variant = { ...variant, ...wrapped, env: { LIBMOUNT_FORCE_MOUNT2: 'always' } };
      if (!name.endsWith('-agent')) {
        await writeUnit(kubernetes.node, fixed);
        await ask(kubernetes, `${name}: fixed, not restarted`, {
          truth: 'affected',
          drift: 'not-in-effect',
          unit,
          role,
        });
      }
      kubernetes = await replaceUnit(kubernetes, fixed);
      await ask(kubernetes, `${name}: fixed`, { truth: 'good', unit, role });
    },
    120_000,
  );
});

test('a controller without a kubelet, and its worker', async () => {
  const server = await installed(VARIANTS['k0s-controller']);
  const alone = await answers(server, 'k0s controller');
  rows.push(alone);
  expect.soft(alone).toMatchObject({
    truth: 'none',
    check: 'not-affected 0, k0scontroller, no role',
    generate: '0, nothing',
  });

  const node = await start(1);
  await installProgram(node);
  const worker = await install(node, { ...VARIANTS['k0s-worker'], wrapper: 'affected' }, server);
  const own = { unit: 'k0sworker', role: 'worker' };
  await ask(worker, 'k0s worker: affected', { truth: 'affected', ...own });
  const fixed = await replaceUnit(worker, { ...VARIANTS['k0s-worker'], wrapper: 'good' });
  await ask(fixed, 'k0s worker: good', { truth: 'good', ...own });
}, 120_000);
