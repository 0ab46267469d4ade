import { describe, expect, it } from 'vitest';
import { type SweepOptions, sweep } from '../../../src/commands/sweep.ts';
import type { KubeletMount } from '../../../src/commands/sweep-looking.ts';
import { known, unknown } from '../../../src/facts/fact.ts';
import { exitCodeOfSweep } from '../../../src/verdict/leftovers.ts';
import { fakeHost } from '../../helpers/fake-host.ts';
import { proc } from '../../helpers/running.ts';

const parent = '30 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n';
const at = '/var/lib/kubelet/pods/u1/volume-subpaths/v/c/0';
const left = `40 30 0:21 /812/fd/31//deleted ${at} rw shared:2 - proc proc rw\n`;

/** On a machine with this mount table, whose umount works. */
async function applied(table: string, mount: KubeletMount, options: SweepOptions = {}) {
  const { files: found, ...running } = proc([{ pid: 812, line: '/usr/bin/kubelet' }]);
  const files = { ...found, '/proc/self/mountinfo': table };
  const host = fakeHost({
    ...{ ...running, files, isRoot: true },
    run: ({ file }) => {
      if (file === 'umount') host.writeText('/proc/self/mountinfo', parent);
      return ['mkdir', 'mount', 'umount', 'rmdir'].includes(file) ? {} : undefined;
    },
  });
  let said = '';
  const stdout = { write: (text: string) => (said += text), columns: null };
  const signal = new AbortController().signal;
  const context = {
    ...{ host, version: '0.0.0', signal, argv: [] },
    stdout,
    stderr: { ...stdout, write: () => {} },
  };
  const result = await sweep(context, { apply: true, ...options }, async () => mount).catch(
    (error: Error) => error,
  );
  return { result, ran: host.ran, stdout: said.replace(/\s+/g, ' ') };
}

describe("kubelet's mount", () => {
  it('that still has the defect asks for --force', async () => {
    const refused = await applied(parent + left, known('affected', 'tested'));
    expect(refused.result).toMatchObject({
      name: 'UserError',
      message: expect.stringMatching(/mount still has the defect \(tested\).*will come back.*--force/),
    });
    expect(refused.ran).toEqual([]);
    const forced = await applied(parent + left, known('affected', 'tested'), { force: true });
    expect(forced.result).toBe(0);
    expect(forced.stdout).toMatch(/kubelet's mount still has the defect/);
  });

  it('that works needs no word, and one that is not known a warning', async () => {
    const working = await applied(parent + left, known('fixed', 'tested'));
    expect(working.result).toBe(0);
    expect(working.stdout).not.toMatch(/come back/);
    const { result, stdout } = await applied(parent + left, unknown('no-kubelet', 'no kubelet is running'));
    expect(result).toBe(0);
    expect(stdout).toMatch(
      /still has the defect \(no kubelet is running\); if it does, leftovers will come back/,
    );
  });

  it('that still has the defect makes it look for long enough', async () => {
    const { result, stdout } = await applied(parent, known('affected', 'tested'));
    expect(result).toBe(0);
    expect(stdout).toMatch(/nothing left behind .*none within 20 s, but every pod/);
  });
});

it('is undetermined by a mount table that could not be read whole', async () => {
  const { result, stdout } = await applied(`${parent}40 30 0:21 /812/fd\n`, unknown('no-kubelet', ''));
  expect(result).toBe(3);
  expect(stdout).toMatch(/nothing found, but part of the mount table could not be read .*1 lines/);
  const document = { applied: false, dryRun: false, abandoned: [], malformedLines: 1, mountTable: 'own' };
  expect(exitCodeOfSweep({ ...document, directories: [{}] })).toBe(1);
});

it.each([
  ['in a container', { '/proc/self/ns/mnt': 'mnt:[2]' }],
  ['among other processes', { '/proc/self/ns/pid': 'pid:[2]' }],
])('says where to look when nothing is found %s', async (_, changed) => {
  const { files, links, processes } = proc([{ pid: 812, line: '/bin/other' }]);
  const host = fakeHost({ files, processes, links: { ...links, ...changed } });
  let said = '';
  const output = { write: (text: string) => (said += text), columns: null };
  const signal = new AbortController().signal;
  const context = { host, version: '0.0.0', signal, argv: [], stdout: output, stderr: output };
  expect(await sweep(context, {}, async () => unknown('no-kubelet', 'none'))).toBe(3);
  expect(said).toMatch(/^ +next +run it on the machine itself, in no container: sudo subpathfix sweep$/m);
});
