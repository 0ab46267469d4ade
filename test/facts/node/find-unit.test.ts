import { describe, expect, it } from 'vitest';
import { findUnit, findUnitIn } from '../../../src/facts/node/find-unit.ts';
import { readRunning } from '../../../src/facts/node/kubelet.ts';
import { readUnit } from '../../../src/facts/node/unit.ts';
import { fakeHost, type Machine } from '../../helpers/fake-host.ts';
import { proc, type RunningProcess, type ShownUnit, systemctl } from '../../helpers/running.ts';

const id = { INVOCATION_ID: 'a93423df9ea04806a7685bfdde87ec76' };
const kubelet: RunningProcess = {
  ...{ pid: 20, parent: 10, line: '/var/lib/k0s/bin/kubelet', group: 'containerd' },
  env: { _K0S_MANAGED: 'yes', ...id },
};
const k0s: RunningProcess = {
  pid: 10,
  line: '/bin/k0s controller --single',
  env: id,
  group: 'k0scontroller',
};

const containerd = { mainPid: 5, exec: '/usr/bin/containerd' };
const k0scontroller = { mainPid: 10, exec: '/bin/k0s controller --single' };
const worker = { exec: '/bin/k0s worker', active: 'inactive', enabled: 'disabled' };

const files = (units: Record<string, string>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(units).map(([name, exec]) => [
      `/etc/systemd/system/${name}.service`,
      `[Service]\nExecStart=${exec}\n`,
    ]),
  );

async function unitOn(processes: RunningProcess[], machine: Machine): Promise<string> {
  const { files: found, links, processes: all } = proc(processes);
  const host = fakeHost({
    ...machine,
    files: { ...found, ...machine.files },
    links: { ...links, ...machine.links },
    processes: all,
  });
  const unit = await findUnit(host, await readRunning(host));
  return unit.known ? unit.value.name : unit.reason.text;
}

describe('systemd', () => {
  const named = { ...k0s, env: {}, group: 'my-k0s' };
  it.each<[what: string, supervisor: RunningProcess, units: Record<string, ShownUnit>, asked: number]>([
    ['once, where a usual unit starts it', k0s, { k0scontroller, k0s: worker, containerd }, 1],
    ['once, though it is in the group of another', { ...k0s, group: 'my-k0s' }, { k0scontroller }, 1],
    ['again, for a unit of another name', named, { 'my-k0s': k0scontroller, k0scontroller: worker }, 2],
  ])('is asked %s', async (_what, supervisor, units, asked) => {
    const host = fakeHost({
      ...proc([kubelet, supervisor]),
      directories: ['/run/systemd/system'],
      run: systemctl(units),
    });
    const unit = await findUnit(host, await readRunning(host));
    expect(unit).toMatchObject({ value: { exec: ['/bin/k0s', 'controller', '--single'] } });
    expect(host.ran.filter((command) => command.includes(' -- '))).toHaveLength(asked);
  });
});

describe('the unit, by systemd', () => {
  it.each<
    [what: string, processes: RunningProcess[], units: Record<string, ShownUnit>, name: string | RegExp]
  >([
    ['of the supervisor, not of kubelet', [kubelet, k0s], { containerd, k0scontroller }, 'k0scontroller'],
    [
      'of the supervisor, though a stale one has a name that comes first',
      [kubelet, k0s],
      { k0sworker: { ...worker, enabled: 'enabled' }, k0scontroller, k0s: worker },
      'k0scontroller',
    ],
    [
      'of a name of its own',
      [kubelet, { ...k0s, group: 'my-k0s' }],
      { 'my-k0s': k0scontroller, k0scontroller: { ...k0scontroller, mainPid: 0 } },
      'my-k0s',
    ],
    [
      'whose program was replaced, before a restart',
      [kubelet, k0s],
      { k0scontroller: { ...k0scontroller, exec: '/new/k0s controller' } },
      'k0scontroller',
    ],
    [
      'that starts a shell that starts it',
      [kubelet, { ...k0s, parent: 9 }, { pid: 9, line: '/bin/sh -c x', group: 'k0scontroller' }],
      { k0scontroller: { mainPid: 9, exec: "/bin/sh -c '/bin/k0s controller --single'" } },
      'k0scontroller',
    ],
    [
      'none: it was started from a remote shell',
      [
        kubelet,
        { ...k0s, parent: 9, group: 'ssh' },
        { pid: 9, parent: 8, line: 'bash', group: 'ssh' },
        { pid: 8, line: 'sshd', group: 'ssh' },
      ],
      { ssh: { mainPid: 8, exec: '/usr/sbin/sshd -D' }, k0scontroller: { ...k0scontroller, mainPid: 0 } },
      /no systemd service was found that starts \/var\/lib\/k0s\/bin\/kubelet \(pid 20\)/,
    ],
    [
      'none: k3s was started by hand, and its unit is stopped',
      [{ pid: 20, line: 'k3s server', group: 'ssh' }],
      { k3s: { exec: '/bin/k3s server', active: 'inactive' } },
      /no systemd service was found that starts k3s \(pid 20\)/,
    ],
    [
      'of a kubelet that outlived its supervisor, not the host containerd',
      [{ ...kubelet, parent: 1 }],
      {
        containerd,
        k0sworker: worker,
        k0scontroller: { ...k0scontroller, mainPid: 0, active: 'activating' },
      },
      'k0scontroller',
    ],
    [
      'of kubelet itself',
      [{ pid: 20, line: '/usr/bin/kubelet', env: id, group: 'containerd' }],
      { containerd, kubelet: { mainPid: 20, exec: '/usr/bin/kubelet' } },
      'kubelet',
    ],
    [
      'of k3s',
      [{ pid: 20, line: 'k3s agent', program: '/data/k3s', group: 'k3s-agent' }],
      { 'k3s-agent': { mainPid: 20, exec: '/usr/local/bin/k3s agent' }, k3s: { exec: '/x/k3s server' } },
      'k3s-agent',
    ],
    [
      'of kubelite',
      [{ pid: 20, line: '/snap/microk8s/1/kubelite', group: 'snap.microk8s.daemon-kubelite' }],
      {
        'snap.microk8s.daemon-kubelite': {
          mainPid: 20,
          exec: '/usr/bin/snap run microk8s.daemon-kubelite',
        },
      },
      'snap.microk8s.daemon-kubelite',
    ],
    [
      'of a supervisor whose kubelet is not up yet',
      [k0s],
      { k0sworker: { ...worker, enabled: 'enabled' }, k0scontroller },
      'k0scontroller',
    ],
    ['that is active', [], { k0sworker: worker, k0scontroller }, 'k0scontroller'],
    [
      'that is enabled',
      [],
      { k0sworker: worker, k0scontroller: { ...k0scontroller, active: 'inactive' } },
      'k0scontroller',
    ],
    [
      'that is active rather than enabled',
      [],
      {
        k0sworker: { ...worker, enabled: 'enabled' },
        k0scontroller: { ...k0scontroller, enabled: 'disabled' },
      },
      'k0scontroller',
    ],
    [
      'that is starting again',
      [],
      { k0sworker: worker, k0scontroller: { ...k0scontroller, active: 'activating', enabled: 'disabled' } },
      'k0scontroller',
    ],
    [
      'that is not masked',
      [],
      {
        k0sworker: { load: 'masked', enabled: 'masked', active: 'active' },
        'rke2-agent': { exec: '/x/rke2 agent' },
      },
      'rke2-agent',
    ],
    [
      'that systemd could load',
      [],
      {
        k0sworker: { ...worker, load: 'bad-setting', active: 'active', enabled: 'enabled' },
        'rke2-agent': { exec: '/x/rke2 agent' },
      },
      'rke2-agent',
    ],
    ['none', [], { containerd }, 'the system has no known kubelet unit'],
    ['none with a program', [], { k0s: {} }, 'the system has no known kubelet unit'],
  ])('%s', async (_, processes, units, name) => {
    const found = await unitOn(processes, {
      directories: ['/run/systemd/system'],
      links: { '/run/systemd/units/invocation:k0scontroller.service': id.INVOCATION_ID },
      run: systemctl(units),
    });
    expect(found).toEqual(typeof name === 'string' ? name : expect.stringMatching(name));
  });
});

describe('the unit, by files', () => {
  const link = { '/run/systemd/units/invocation:k0scontroller.service': id.INVOCATION_ID };
  const wants = '/etc/systemd/system/multi-user.target.wants';
  const stale = {
    k0sworker: '/bin/k0s worker',
    k0scontroller: '/bin/k0s controller',
    containerd: '/bin/containerd',
  };
  it.each<[what: string, processes: RunningProcess[], machine: Machine, name: string | RegExp]>([
    ['of the supervisor', [kubelet, k0s], { files: files(stale), links: link }, 'k0scontroller'],
    [
      'of the supervisor, by its program alone',
      [kubelet, { ...k0s, group: 'x', line: '/bin/.k0s-wrapped worker', program: '/bin/k0s' }],
      { files: files({ ...stale, k0scontroller: '/other/k0s controller' }) },
      'k0sworker',
    ],
    [
      'of a name of its own',
      [kubelet, { ...k0s, group: 'x' }],
      {
        files: files({ ...stale, 'my-k0s': '/bin/k0s x' }),
        links: { '/run/systemd/units/invocation:my-k0s.service': id.INVOCATION_ID },
      },
      'my-k0s',
    ],
    [
      'of the invocation that the supervisor is in',
      [kubelet, { ...k0s, group: 'x' }],
      {
        files: files({ 'a-k0s': '/bin/k0s x', 'b-k0s': '/bin/k0s x' }),
        links: {
          '/run/systemd/units/invocation:a-k0s.service': 'another',
          '/run/systemd/units/invocation:b-k0s.service': id.INVOCATION_ID,
        },
      },
      'b-k0s',
    ],
    ['that is active', [], { files: files(stale), links: link }, 'k0scontroller'],
    [
      'that is enabled',
      [],
      { files: files(stale), links: { [`${wants}/k0scontroller.service`]: '../k0scontroller.service' } },
      'k0scontroller',
    ],
    ['that comes first', [], { files: files(stale) }, 'k0sworker'],
    [
      'that is not masked',
      [],
      {
        files: files({ k0scontroller: '/bin/k0s controller' }),
        links: { '/etc/systemd/system/k0sworker.service': '/dev/null' },
      },
      'k0scontroller',
    ],
    [
      'that is not empty',
      [],
      {
        files: {
          ...files({ k0scontroller: '/bin/k0s controller' }),
          '/etc/systemd/system/k0sworker.service': ' \n',
        },
      },
      'k0scontroller',
    ],
    [
      'by another name for it',
      [],
      {
        files: files({ 'my-k0s': '/bin/k0s worker' }),
        links: { '/etc/systemd/system/k0sworker.service': 'my-k0s.service' },
      },
      'my-k0s',
    ],
    [
      'that starts the program of its name',
      [],
      { files: files({ k0sworker: '/bin/sh /start', k0s: '/usr/bin/containerd' }) },
      'k0sworker',
    ],
    [
      'none: another program has the cgroup',
      [kubelet, { ...k0s, group: 'containerd' }],
      { files: files({ containerd: '/bin/containerd' }) },
      /no systemd service was found that starts/,
    ],
  ])('%s', async (_, processes, machine, name) => {
    expect(await unitOn(processes, machine)).toEqual(
      typeof name === 'string' ? name : expect.stringMatching(name),
    );
  });
});

describe("another system's unit", () => {
  const place = '/new/etc/systemd/system';
  it.each<[what: string, units: Record<string, string>, like: string | null, name: string | null]>([
    [
      'of the same name',
      { containerd: '/bin/containerd', k0scontroller: '/n/k0s controller --single' },
      'k0scontroller',
      'k0scontroller',
    ],
    [
      'of a new name',
      { containerd: '/bin/containerd', k0s: '/n/k0s controller --single' },
      'k0scontroller',
      'k0s',
    ],
    [
      'of the same role',
      { k0sworker: '/n/k0s worker', k0scontroller: '/n/k0s controller --single' },
      'k0scontroller',
      'k0scontroller',
    ],
    [
      'of the same role under another name',
      { k0scontroller: '/n/k0s worker', k0s: '/n/k0s controller --single=true' },
      'k0scontroller',
      'k0s',
    ],
    ['of another distribution', { k3s: '/n/k3s server' }, 'k0scontroller', null],
    ['that is none', { containerd: '/bin/containerd' }, 'k0scontroller', null],
    ['where this system has none', { 'rke2-agent': '/n/rke2 agent' }, null, 'rke2-agent'],
    ['that shares only the name', { k0scontroller: '/bin/containerd' }, 'k0scontroller', null],
  ])('%s', async (_, units, like, name) => {
    const own = files({ k0scontroller: '/bin/k0s controller --single' });
    const others = Object.fromEntries(
      Object.entries(files(units)).map(([file, text]) => [`/new${file}`, text]),
    );
    const host = fakeHost({ files: { ...own, ...others } });
    const unit = like === null ? null : await readUnit(host, like);
    expect((await findUnitIn(host, place, unit))?.name ?? null).toBe(name);
  });
});
