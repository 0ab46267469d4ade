import { describe, expect, it } from 'vitest';
import { type KubeletMount, type SweepOptions, sweep } from '../../src/commands/sweep.ts';
import { known, unknown } from '../../src/facts/fact.ts';
import { type Host, localHost, ReadError } from '../../src/host/host.ts';
import type { Sweep } from '../../src/report/sweep/schema.ts';
import { exitCodeOfSweep } from '../../src/report/sweep/sweep.ts';

const parent = '30 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n';
const at = '/var/lib/kubelet/pods/u1/volume-subpaths/v/c/0';
const left = `40 30 0:21 /812/fd/31//deleted ${at} rw shared:2 - proc proc rw\n`;

/** A machine with this mount table, whose umount works, and that writes down what it was told to run. */
function machine(table: string): { host: Host; ran: string[] } {
  const ran: string[] = [];
  const nothing = async (): Promise<never> => {
    throw new ReadError('nothing there', 'ENOENT');
  };
  const host: Host = {
    ...localHost(),
    isRoot: true,
    env: {},
    readText: nothing,
    readLink: nothing,
    readDirectory: nothing,
    changedAt: nothing,
    isDirectory: nothing,
    isProgram: async () => false,
    async *readChunks() {
      yield Buffer.from(table);
    },
    async run({ file, args }) {
      ran.push([file, ...args].join(' '));
      if (file === 'umount') table = parent;
      return { exitCode: 0, output: '', stopped: null };
    },
  };
  return { host, ran };
}

async function applied(table: string, mount: KubeletMount, options: SweepOptions = {}) {
  const { host, ran } = machine(table);
  let stdout = '';
  const context = {
    ...{ host, version: '0.0.0', signal: new AbortController().signal, argv: [] },
    stdout: (text: string) => {
      stdout += text;
    },
    stderr: () => {},
  };
  const result = await sweep(context, { apply: true, ...options }, async () => mount).catch(
    (error: Error) => error,
  );
  return { result, ran, stdout: stdout.replace(/\s+/g, ' ') };
}

describe("kubelet's mount", () => {
  it('that still has the defect asks for --force', async () => {
    const refused = await applied(parent + left, known('affected', 'tried'));
    expect(refused.result).toMatchObject({
      name: 'RequestError',
      message: expect.stringMatching(/still uses a mount with the defect \(tried\).*comes back.*--force/),
    });
    expect(refused.ran).toEqual([]);
    const forced = await applied(parent + left, known('affected', 'tried'), { force: true });
    expect(forced.result).toBe(0);
    expect(forced.stdout).toMatch(/note: kubelet still uses a mount with the defect/);
  });

  it('that is sound needs no word, and one that is not known a warning', async () => {
    const sound = await applied(parent + left, known('fixed', 'tried'));
    expect(sound.result).toBe(0);
    expect(sound.stdout).not.toMatch(/comes back/);
    const { result, stdout } = await applied(parent + left, unknown('no kubelet runs'));
    expect(result).toBe(0);
    expect(stdout).toMatch(/is not known \(no kubelet runs\); while it has, this comes back/);
  });

  it('does not matter where there is nothing to remove', async () => {
    expect((await applied(parent, known('affected', 'tried'))).result).toBe(0);
  });
});

it('is undetermined by a mount table that could not be read whole', async () => {
  const { result, stdout } = await applied(`${parent}40 30 0:21 /812/fd\n`, unknown(''));
  expect(result).toBe(3);
  expect(stdout).toMatch(/none found, but part of the mount table could not be read .*1 lines/);
  const document = { applied: false, dryRun: false, abandoned: [], malformedLines: 1 };
  expect(exitCodeOfSweep({ ...document, directories: [{}] } as unknown as Sweep)).toBe(1);
});
