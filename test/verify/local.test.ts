/** Whether verify is about the machine that it runs on, and how long it waits for its kubelet. */
import { expect, it } from 'vitest';
import { advisory } from '../../src/advisory/index.ts';
import { defaultTimeoutMs, type SmokeOptions } from '../../src/smoke/target.ts';
import { notThisNode, untilKubelet } from '../../src/verify/local.ts';
import type { Shared } from '../../src/verify/shared.ts';
import { type FakeHost, fakeHost, type Machine } from '../helpers/fake-host.ts';
import { proc } from '../helpers/running.ts';

const never = new AbortController().signal;
const nothing: Machine = {};
const kubelet = proc([{ pid: 7, line: '/usr/bin/kubelet --hostname-override=here' }]);
const supervisor = proc([{ pid: 5, line: '/usr/local/bin/k0s worker' }]);
const controller = proc([{ pid: 5, line: '/usr/local/bin/k0s controller' }]);

const shared = (host: FakeHost, smoke: SmokeOptions = {}, more: Partial<Shared> = {}): Shared => ({
  ...{ host, advisory, signal: never, smoke },
  ...more,
});

it.each<[title: string, machine: Machine, smoke: SmokeOptions, because: RegExp | null]>([
  ['this node', kubelet, {}, null],
  ['this node by name', kubelet, { node: 'here' }, null],
  ['every node', kubelet, { allNodes: true }, null],
  ['another node', kubelet, { node: 'there' }, /^node there is not this machine$/],
  [
    'a node, from a workstation',
    nothing,
    { node: 'there' },
    /^node there is not this machine, which runs no kubelet$/,
  ],
  ['every node, from a workstation', nothing, { allNodes: true }, /^this machine runs no kubelet/],
  ['every node, from a controller', controller, { allNodes: true }, /^this machine runs no kubelet/],
  // That is found out by the phases themselves.
  ['this node, which runs no kubelet', nothing, {}, null],
  ['every node, of which this is one that starts', supervisor, { allNodes: true }, null],
])('%s', async (_title, machine, smoke, because) => {
  const result = await notThisNode(shared(fakeHost(machine), smoke));
  if (because === null) expect(result).toBeNull();
  else expect(result).toEqual({ state: 'skipped', because: expect.stringMatching(because) });
});

it('is about this machine after a rebuild of it', async () => {
  const rebuilt = { activated: true };
  expect(await notThisNode(shared(fakeHost(nothing), { node: 'there' }, rebuilt))).toBeNull();
});

/** @param startsAfter seconds until there is a kubelet */
async function waited(machine: Machine, startsAfter: number, options: SmokeOptions, more: Partial<Shared>) {
  const host = fakeHost(machine);
  const begun = host.monotonic();
  const { processes, readText, readLink } = fakeHost(kubelet);
  const isUp = (): boolean => host.monotonic() - begun >= startsAfter * 1000;
  const before = { ...host };
  host.processes = () => (isUp() ? processes() : before.processes());
  host.readText = (file, limit) => (isUp() ? readText(file, limit) : before.readText(file, limit));
  host.readLink = (file) => (isUp() ? readLink(file) : before.readLink(file));
  const said: string[] = [];
  await untilKubelet(shared(host, options, more), (line) => said.push(line));
  return { seconds: (host.monotonic() - begun) / 1000, said };
}

const activated = { activated: true };
it.each<
  [
    title: string,
    machine: Machine,
    after: number,
    options: SmokeOptions,
    more: Partial<Shared>,
    seconds: number,
  ]
>([
  ['runs', kubelet, 0, {}, {}, 0],
  ['nobody starts', nothing, 3, {}, {}, 0],
  ['nobody starts, after a build that is not activated', nothing, 3, {}, { closure: '/nix/store/x' }, 0],
  ['a controller does not have', controller, 3, {}, {}, 0],
  ['is being started', supervisor, 3, {}, {}, 3],
  ['does not come', supervisor, 1000, {}, {}, defaultTimeoutMs / 1000],
  ['does not come within the time limit', supervisor, 1000, { timeoutMs: 5000 }, {}, 5],
  ['was stopped by an activation', nothing, 4, {}, activated, 4],
  ['a controller does not have, after an activation', controller, 3, {}, activated, 0],
])('a kubelet that %s is waited for', async (_title, machine, after, options, more, seconds) => {
  const { said, ...rest } = await waited(machine, after, options, more);
  expect(rest.seconds).toBeCloseTo(seconds, 0);
  expect(said).toHaveLength(seconds > 0 ? 1 : 0);
});

it('says what it waits for', async () => {
  const { said } = await waited(supervisor, 1, {}, {});
  expect(said).toEqual(['waiting for kubelet to start: k0s (pid 5) runs, but its kubelet is not up yet']);
});
