import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { parsePods } from '../../../src/cluster/pods.ts';
import { published, type Sweep } from '../../../src/report/documents/sweep.ts';
import { TestNode } from '../../helpers/sweep-node.ts';
import { buildAffectedMount, scratchDirectory, tool } from '../../helpers/tools.ts';

let scratch: string;
let affected: string;
let node: TestNode;
beforeAll(async () => {
  scratch = await scratchDirectory();
  affected = await buildAffectedMount(scratch);
});
beforeEach(async () => {
  node = await TestNode.start(scratch, affected);
  await node.leftover(await node.kubelet(), node.container('u1'));
});
afterEach(() => node.stop());

/** The listing, with a stand-in for a program that asks the cluster. */
async function listed(program: string, body: string, args: string[] = []): Promise<Sweep> {
  const PATH = await node.standIn(program, body);
  const { exitCode, stdout } = await node.sweep(['--json', ...args], { env: { PATH } });
  expect(exitCode).toBe(1);
  return published(z).parse(JSON.parse(stdout));
}
const answer = (...lines: string[][]): string =>
  `cat <<'END'\n${lines.map((line) => line.join('\t')).join('\n')}\nEND`;
const anyKubectl = ['--kubeconfig', '/etc/os-release'];

describe('the names of pods', () => {
  it('come from the cluster, with what it knows of them', async () => {
    const running = await listed('kubectl', answer(['u1', '', 'shop', 'web-0', '', 'Running']), anyKubectl);
    expect(running.podNames).toBe('kubectl with --kubeconfig');
    expect(running.mounts).toMatchObject([
      { pod: { namespace: 'shop', name: 'web-0', phase: 'Running', deleting: false }, stuck: false },
    ]);
    const pending = await listed('k0s', answer(['u1', '', 'shop', 'web-0', '', 'Pending']));
    expect(pending.podNames).toBe('k0s kubectl');
    expect(pending.mounts).toMatchObject([{ stuck: true }]);
    const at = '2026-05-01T10:00:00Z';
    const deleted = await listed('k3s', answer(['u1', '', 'shop', 'web-0', at, 'Running']));
    expect(deleted.mounts).toMatchObject([{ pod: { deleting: true }, stuck: true }]);
  });

  it('are those of static pods too, and there may be warnings', async () => {
    const body = `echo 'W0501 no such plugin' >&2\n${answer(['zz', 'u1', 'kube-system', 'etcd-a', '', 'Running'])}`;
    expect((await listed('kubectl', body, anyKubectl)).mounts).toMatchObject([{ pod: { name: 'etcd-a' } }]);
  });

  it('are asked for with the kubeconfig and the context that are given', async () => {
    const file = path.join(node.directory, 'asked');
    const given = path.join(node.directory, 'a b');
    await writeFile(given, '');
    const args = ['--kubeconfig', path.relative('/', given), '--context', '$(x)'];
    await listed('kubectl', `printf '%s\\n' "$@" >"${file}"`, args);
    const { stdout } = await execa('head', ['-n4', file]);
    expect(stdout).toBe(`--kubeconfig\n${given}\n--context\n$(x)`);
  });

  it.each<[what: string, body: string, because: RegExp]>([
    ['answers garbage', 'echo "<html>"', /the answer is not a list of pods: <html>/],
    ['is refused', 'echo "Unable to connect" >&2; exit 1', /--kubeconfig: Unable to connect/],
    ['fails without a word', 'exit 7', /--kubeconfig: kubectl exit 7/],
    ['hangs', 'sleep 30', /did not finish within 10 s/],
    ['floods', 'exec yes', /wrote too much/],
  ])('are missing where kubectl %s', async (_, body, because) => {
    const { podNames, mounts, notes } = await listed('kubectl', body, anyKubectl);
    expect(podNames).toBe(null);
    expect(notes).toContainEqual({ code: 'pods-not-named', text: expect.stringMatching(because) });
    expect(mounts).toMatchObject([{ podUid: 'u1', pod: null }]);
  });

  it('are missing where there is no kubectl', async () => {
    const bin = path.join(node.directory, 'empty');
    for (const args of [[], anyKubectl]) {
      const { stdout, exitCode } = await node.sweep(['--json', ...args], { env: { PATH: bin } });
      expect(published(z).parse(JSON.parse(stdout)).notes[0]?.text).toMatch(
        /none of kubectl, k0s kubectl, .* is in PATH/,
      );
      expect(exitCode).toBe(1);
    }
  });
});

describe('what kubectl prints', () => {
  it('is read line by line, and hostile lines are passed over', () => {
    const pods = parsePods(['u1\t\tns\ta\t\tRunning', 'u2\t\tns\t\u001b[2J\t\tRunning', 'u3\tns\ta']);
    expect([...(pods?.keys() ?? [])]).toEqual(['u1']);
    expect(parsePods([])?.size).toBe(0);
    expect(parsePods(['nonsense'])).toBeNull();
  });

  it('has the fields by which the real kubectl finds them', async () => {
    const file = path.join(node.directory, 'asked');
    await listed('kubectl', `printf '%s\\n' "$@" >"${file}"`, anyKubectl);
    const { stdout: asked } = await execa('grep', ['^--output=', file]);
    const item = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'a', namespace: 'n', uid: 'u', annotations: { 'kubernetes.io/config.hash': 'h' } },
      status: { phase: 'Running' },
    };
    const list = path.join(node.directory, 'list.json');
    await writeFile(list, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [item, item] }));
    // --local prints each object by itself: the template without its range
    const template = asked.replace('{range .items[*]}', '').replace('{end}', '');
    const { stdout } = await execa(tool('kubectl'), ['annotate', '--local', '-f', list, 'x=y', template]);
    expect(stdout).toBe('u\th\tn\ta\t\tRunning\nu\th\tn\ta\t\tRunning');
  });
});
