import { beforeAll, describe, expect, test } from 'vitest';
import { install, writeUnit } from './install.ts';
import type { KubernetesNode } from './kubernetes.ts';
import type { SystemdNode } from './node.ts';
import { pathsOf, VARIANTS, type Variant } from './variants.ts';
import { leftovers, phaseIs, startWithProgram, verify } from './verify.ts';

/** What `verify` says in a cluster of two nodes is about the one that it runs on, or the one that is named. */

/** A kubeconfig of the administrator, which a worker does not have by itself. */
const admin = '/root/admin.conf';

describe('a controller and a worker, of which one has the defect', () => {
  const server: Variant = { ...VARIANTS.k0s, mount: 'good' };
  const worker: Variant = { ...VARIANTS['k0s-worker'], mount: 'affected' };
  let first: SystemdNode;
  let second: SystemdNode;
  let controller: KubernetesNode;
  let joined: KubernetesNode;

  beforeAll(async () => {
    [first, second] = [await startWithProgram(0), await startWithProgram(1)];
    controller = await install(first, server);
    joined = await install(second, worker, controller);
    return () => {
      first.stop();
      second.stop();
    };
  });

  test('each is told by its own mount', async () => {
    for (let run = 0; run < 2; run += 1) {
      const { exitCode, stdout } = await verify(first);
      expect(stdout).toMatch(/^fixed, and proven: /);
      expect(stdout).toContain(`node ${controller.name}: every subPath is mounted`);
      expect(exitCode).toBe(0);
    }
    const bad = await verify(second);
    expect(bad.stdout).toMatch(/^the defect is still there: test its mount: /);
    expect(bad.exitCode).toBe(4);
  });

  test('a worker is verified from where kubectl works, and that machine has no say', async () => {
    const { exitCode, stdout } = await verify(first, ['--node', joined.name]);
    expect(stdout).toMatch(
      new RegExp(`^the defect is still there: run a pod with subPaths: node ${joined.name}:`),
    );
    expect(stdout).toMatch(phaseIs('inspect the running kubelet', 'skipped'));
    // Only what runs there can remove it; whether there is any depends on the moment.
    if ((await leftovers(second)).length > 0) {
      expect(stdout).toMatch(/on that node, run: sudo subpathfix sweep --apply/);
    }
    expect(exitCode).toBe(4);
    const all = await verify(first, ['--all-nodes']);
    expect(all.stdout).toMatch(/^the defect is still there: /);
    expect(all.exitCode).toBe(4);
  });

  test('the other way round, each is told by its own mount, too', async () => {
    await writeUnit(first, { ...server, mount: 'affected' });
    await writeUnit(second, { ...worker, mount: 'good' });
    await controller.restart();
    await joined.restart();
    const bad = await verify(first);
    expect(bad.stdout).toMatch(/^the defect is still there: test its mount: /);
    expect(bad.exitCode).toBe(4);
    const { exitCode, stdout } = await verify(first, ['--node', joined.name]);
    expect(stdout).toMatch(new RegExp(`^fixed, and proven: node ${joined.name}: every subPath is mounted`));
    expect(exitCode).toBe(0);
  });

  test('on a worker the rest is proven, and it is said how to go on', async () => {
    const next = `subpathfix verify --node ${joined.name}`;
    const none = await verify(second);
    expect(none.stdout).toMatch(
      /^not proven: run a pod with subPaths: this node is a k0s worker, which has no/,
    );
    expect(none.stdout).toMatch(phaseIs('test its mount', 'passed'));
    expect(none.stdout).toMatch(new RegExp(`next +run the pod from where kubectl works.*: ${next}$`, 'm'));
    expect(none.exitCode).toBe(3);

    // kubelet's own kubeconfig is none of an administrator.
    const own = await verify(second, ['--kubeconfig', pathsOf(worker).kubelet]);
    expect(own.stdout).toMatch(/^not proven: .*this kubeconfig is kubelet's own \(system:node:node\d\)/);
    expect(own.stdout).toContain(next);
    expect(own.exitCode).toBe(3);

    const text = await first.readFile(pathsOf(server).admin);
    await second.writeFile(admin, text.replaceAll('localhost:6443', `${first.place.address}:6443`), 0o600);
    const given = await verify(second, ['--kubeconfig', admin]);
    // A pod of the controller's run can have left something: this machine was not that one's to clean.
    const start = 'fixed(, and proven|; 1 pod is held by leftovers: [-0-9a-f]+)';
    expect(given.stdout).toMatch(new RegExp(`^${start}: .*node ${joined.name}: every subPath`));
    expect(given.exitCode).toBe(0);
  });

  test('a node of that name that is another machine is not taken for this one', async () => {
    const signal = (name: string) => second.run(['pkill', '--signal', name, '--exact', 'kubelet']);
    // It would report its machine again.
    await signal('STOP');
    const status = { nodeInfo: { machineID: '0123456789abcdef0123456789abcdef' } };
    const patch = [
      'patch',
      'node',
      joined.name,
      '--subresource=status',
      '--patch',
      JSON.stringify({ status }),
    ];
    await controller.kubectl(patch);
    const { exitCode, stdout } = await verify(second, ['--kubeconfig', admin]);
    await signal('CONT');
    expect(stdout).toMatch(
      new RegExp(`^not proven: .*node ${joined.name} of the cluster is another machine`),
    );
    expect(exitCode).toBe(3);
  });
});
