import { describe, expect, it } from 'vitest';
import { readRunning } from '../../../src/facts/node/kubelet.ts';
import { ReadError } from '../../../src/host/host.ts';
import { fakeHost } from '../../helpers/fake-host.ts';
import { proc, type RunningProcess } from '../../helpers/running.ts';

const kubelet: RunningProcess = { pid: 20, parent: 10, line: '/var/lib/k0s/bin/kubelet' };
const k0s: RunningProcess = { pid: 10, line: '/bin/k0s controller --single' };

describe('what runs', () => {
  it.each<[processes: RunningProcess[], code: string | null, says: RegExp]>([
    [[kubelet, k0s], null, /k0s/],
    [[k0s], 'kubelet-starting', /k0s \(pid 10\) runs, but its kubelet is not up yet/],
    [[{ ...k0s, pid: 9, line: 'k0s controller' }, k0s], 'kubelet-starting', /k0s \(pid 10\) runs/],
    [[{ ...k0s, line: 'k0s controller' }], 'role-without-kubelet', /is running\. A k0s controller without/],
    [[{ ...k0s, line: 'k0s kubectl proxy' }], 'no-kubelet', /^no kubelet is running$/],
    [[kubelet, k0s, { pid: 30, line: '/usr/bin/kubelet' }], 'several-kubelets', /pids 20, 30/],
  ])('%j', async (processes, code, says) => {
    const { kubelet: found } = await readRunning(fakeHost(proc(processes)));
    expect(found.known ? null : found.reason.code).toBe(code);
    expect(found.known ? found.value.distribution : found.reason.text).toMatch(says);
  });

  it.each<[fails: string, code: string, answer: string | null]>([
    ['/proc/20/stat', 'EIO', 'no-access'],
    ['/proc/20/status', 'EACCES', 'no-access'],
    ['/proc/20/exe', 'EACCES', 'no-access'],
    ['/proc/20/ns/mnt', 'EACCES', 'no-access'],
    ['/proc/20/ns/user', 'EACCES', 'no-access'],
    // It has ended meanwhile.
    ['/proc/20/stat', 'ENOENT', 'kubelet-starting'],
    ['/proc/20/status', 'ESRCH', 'kubelet-starting'],
    // The kernel has no user namespaces.
    ['/proc/self/ns/user', 'ENOENT', null],
    ['/proc/self/ns/user', 'EACCES', 'no-access'],
  ])('is not known to have ended because %s fails with %s', async (fails, code, answer) => {
    const host = fakeHost(proc([kubelet, k0s]));
    const failing = async (path: string): Promise<void> => {
      if (path === fails) throw new ReadError(`${path}: ${code}`, code);
    };
    const { kubelet: found } = await readRunning({
      ...host,
      readText: (path, limit) => failing(path).then(() => host.readText(path, limit)),
      readLink: (path) => failing(path).then(() => host.readLink(path)),
    });
    expect(found.known ? null : found.reason.code).toBe(answer);
  });
});
