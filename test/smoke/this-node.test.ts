/** The name of the node that this machine is, by kubelet. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { thisNode } from '../../src/cluster/this-node.ts';
import { fakeHost, type Machine } from '../helpers/fake-host.ts';
import { proc } from '../helpers/running.ts';
import { tool } from '../helpers/tools.ts';

/** A certificate of kubelet, with its key, as kubelet writes them into one file. */
let pem = '';
let directory: string;
beforeAll(() => {
  directory = mkdtempSync(path.join(os.tmpdir(), 'subpathfix-certificate-'));
  const [key, certificate] = [path.join(directory, 'key'), path.join(directory, 'certificate')];
  const subject = '/O=system:nodes/CN=system:node:by-certificate';
  const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  execFileSync(tool('openssl'), [...args, '-keyout', key, '-out', certificate, '-subj', subject], {
    stdio: 'pipe',
  });
  pem = readFileSync(key, 'utf8') + readFileSync(certificate, 'utf8');
});
afterAll(() => rmSync(directory, { recursive: true }));

/** A machine on which this runs, with further files. */
const running = (line: string, files: Record<string, string> = {}): Machine => {
  const machine = proc([{ pid: 7, line }]);
  return { ...machine, files: { ...machine.files, ...files } };
};
const kubelet = '/usr/bin/kubelet';
const config = '--kubeconfig=/var/lib/k0s/kubelet.conf';
const yaml = (user: string): string =>
  `apiVersion: v1\nkind: Config\nusers:\n- name: kubelet\n  user:\n    ${user}\n`;

const kubeconfig = '/var/lib/k0s/kubelet.conf';
const withConfig = `${kubelet} ${config}`;

describe('the name', () => {
  test.each<[title: string, machine: () => Machine, name: string | null, sure?: boolean]>([
    ['nothing runs', () => ({}), null],
    ['the name of the machine', () => running(kubelet), 'fake', false],
    ['--hostname-override', () => running(`${kubelet} --hostname-override=Node-1`), 'node-1', true],
    ['the same in two words', () => running(`${kubelet} --hostname-override n.example`), 'n.example', true],
    ['--node-name of k3s', () => running('/nix/store/x/bin/k3s server --node-name a'), 'a', true],
    [
      'the user of its kubeconfig, in JSON',
      () => running(withConfig, { [kubeconfig]: '{"users":[{"name":"system:node:by-user","user":{}}]}' }),
      'by-user',
      true,
    ],
    [
      'the certificate in its kubeconfig',
      () => {
        const data = Buffer.from(pem).toString('base64');
        return running(withConfig, { [kubeconfig]: yaml(`client-certificate-data: ${data}`) });
      },
      'by-certificate',
      true,
    ],
    [
      'the certificate beside its key, by a relative path',
      () =>
        running(withConfig, {
          [kubeconfig]: yaml('client-certificate: kubelet/pki/current.pem'),
          '/var/lib/k0s/kubelet/pki/current.pem': pem,
        }),
      'by-certificate',
      true,
    ],
    [
      'a kubeconfig that says nothing',
      () => running(withConfig, { [kubeconfig]: yaml('client-certificate: none') }),
      'fake',
      false,
    ],
    [
      'the kubeconfig of k3s, whose kubelet has no command line',
      () =>
        running('/nix/store/x/bin/k3s server', {
          '/var/lib/rancher/k3s/agent/kubelet.kubeconfig': yaml('client-certificate: /k.crt'),
          '/k.crt': pem,
        }),
      'by-certificate',
      true,
    ],
  ])('by %s', async (_title, machine, name, sure) => {
    const found = await thisNode(fakeHost(machine()));
    if (name === null) expect(found).toMatchObject({ known: false, reason: { code: 'no-kubelet' } });
    else expect(found).toMatchObject({ known: true, value: { name, sure } });
  });

  test('with what tells the machine', async () => {
    const files = { '/proc/sys/kernel/random/boot_id': 'b\n', '/var/lib/dbus/machine-id': 'm\n' };
    expect(await thisNode(fakeHost(running(kubelet, files)))).toMatchObject({
      value: { bootId: 'b', machineId: 'm', startedAt: 1_750_000_050 },
    });
  });
});
