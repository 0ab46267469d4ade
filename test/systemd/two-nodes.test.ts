import { expect, test } from 'vitest';
import { nodesOfTest } from './fixture.ts';
import { install } from './install.ts';
import type { SystemdNode } from './node.ts';
import { AFFECTED, GOOD, truth } from './truth.ts';
import { pathsOf, VARIANTS } from './variants.ts';

const start = nodesOfTest();

/** One with the good mount and one with the affected. */
const CLUSTERS = [
  { server: { ...VARIANTS['k0s-elsewhere'], mount: 'good' }, worker: VARIANTS['k0s-worker'] },
  { server: VARIANTS.rke2, worker: { ...VARIANTS['rke2-agent'], mount: 'good' } },
  { server: { ...VARIANTS.k3s, mount: 'good' }, worker: VARIANTS['k3s-agent'] },
] as const;

test.each(CLUSTERS)(
  '$server.unit and a worker of $worker.distribution form a cluster',
  async ({ server, worker }) => {
    const [first, second] = [await start(0), await start(1)];
    const controller = await install(first, server);
    const joined = await install(second, worker, controller);
    expect(await controller.kubectl(['get', 'nodes', '--no-headers'])).toMatch(
      /^node\d +Ready.*\nnode\d +Ready/,
    );
    expect(await truth(controller)).toEqual(server.mount === 'good' ? GOOD : AFFECTED);
    expect(await truth(joined)).toEqual(worker.mount === 'good' ? GOOD : AFFECTED);

    // A worker has nothing of the administrator.
    const token = /"token":"(\w+)"/.exec(await first.readFile(pathsOf(server).admin))?.[1] ?? '';
    expect(token).toHaveLength(32);
    const search = async (node: SystemdNode) =>
      (await node.attempt(['grep', '-rls', token, '/etc', '/var/lib', '/data'])).stdout;
    expect(await search(first)).not.toBe('');
    expect(await search(second)).toBe('');
  },
);
