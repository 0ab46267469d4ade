import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Context } from '../../src/commands/context.ts';
import { type DiagnoseOptions, diagnose } from '../../src/commands/diagnose.ts';
import { StreamError } from '../../src/host/host.ts';
import { type Diagnose, published } from '../../src/report/documents/diagnose-shape.ts';
import { fakeHost, type Performance } from '../helpers/fake-host.ts';
import { root, scratchDirectory, subpathfix } from '../helpers/tools.ts';

const scratch = await scratchDirectory();
const logs = path.join(root, 'test/fixtures/logs');
const recorded = (name: string): string => path.join(logs, name);
const uid = '0c0ffee0-1111-4222-8333-444455556666';
const at = `/var/lib/kubelet/pods/${uid}/volume-subpaths/config/app/0`;
const mkdir = `failed to generate spec: failed to mkdir "${at}": mkdir ${at}: file exists\n`;

const gzipHead = Buffer.from([0x1f, 0x8b]);

function file(name: string, content: string | Buffer): string {
  const made = path.join(scratch, name);
  writeFileSync(made, content);
  return made;
}

describe('diagnose', () => {
  it.each<[what: string, args: () => string[], exitCode: number, headline: string | RegExp]>([
    ['the affected node', () => [recorded('affected.journal-short')], 1, 'this defect: proven for 2 pods'],
    ['half of it', () => [file('half', mkdir)], 3, 'likely this defect: half of it was seen for 1 pod'],
    [
      'the node after the fix',
      () => [recorded('aftermath.journal-json')],
      3,
      "this node's mount may be fixed: run sweep; 1 pod is held by leftovers",
    ],
    [
      'the statuses of pods',
      () => [recorded('affected.pods-yaml')],
      3,
      /^cannot determine: 2 pods could not get a subPath/,
    ],
    ['another cause', () => [recorded('fixed.journal-short')], 0, 'something else, not this defect'],
    ['nothing', () => [file('empty', '')], 0, 'no sign of this defect'],
    [
      'several files',
      () => [recorded('fixed.describe'), recorded('affected.describe')],
      1,
      'this defect: proven for 2 pods',
    ],
    [
      'a file that is cut off',
      () => [file('cut.gz', gzipHead)],
      3,
      'no sign of this defect so far, but not all could be read',
    ],
  ])('of %s', async (_, args, exitCode, headline) => {
    const result = await subpathfix(['diagnose', ...args()]);
    expect(result.stderr).toBe('');
    expect(result.exitCode).toBe(exitCode);
    expect(result.stdout.split('\n')[0]).toMatch(headline);
  });

  it('says that a log without it proves nothing, and what decides', async () => {
    const { stdout } = await subpathfix(['diagnose', file('nothing', 'x\n')]);
    expect(stdout).toContain('a log without it proves nothing');
    expect(stdout).toContain('sudo subpathfix check');
  });

  it('reads standard input', async () => {
    const { exitCode, stdout } = await subpathfix(['diagnose', '-'], { input: mkdir });
    expect([exitCode, stdout]).toEqual([3, expect.stringContaining(uid)]);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('does not wait for more of standard input at %s', async (signal, exitCode) => {
    const program = execa(process.execPath, [path.join(root, 'dist/main.cjs'), 'diagnose', '-'], {
      stdin: 'pipe',
      reject: false,
      timeout: 20_000,
    });
    program.stdin.write(mkdir);
    await setTimeout(1000);
    const asked = performance.now();
    program.kill(signal);
    const { stdout, stderr, exitCode: given } = await program;
    expect([given, stderr]).toEqual([exitCode, '']);
    // What it has read before is said.
    expect(stdout).toContain(uid);
    expect(performance.now() - asked).toBeLessThan(3000);
  });

  it('says where it does not look for other causes', async () => {
    const long = file('long', Buffer.alloc(17 * 1024 ** 2, 'a line of nothing\n'));
    const { stdout } = await subpathfix(['diagnose', long]);
    expect(stdout).toContain('in the first 16 MiB of each log only');
  });

  it('puts what halves of two files say together', async () => {
    const bound = file(
      'kubelet.log',
      `I0605 16:46:11.6 1342 subpath_linux.go:230] bind mounting "/proc/1342/fd/54" at "${at}"\n`,
    );
    for (const names of [
      [bound, file('containerd.log', mkdir)],
      [file('containerd.log', mkdir), bound],
    ])
      expect((await subpathfix(['diagnose', ...names])).exitCode).toBe(1);
  });

  it.each<[args: string[], error: RegExp]>([
    [[], /^subpathfix: name a log to read: FILE, - for standard input, --unit NAME, or --cluster\n$/],
    [['/nowhere/log'], /^subpathfix: \/nowhere\/log: no such file or directory\n$/],
    [['/etc'], /^subpathfix: \/etc: it is a directory\n$/],
    [['/dev/null'], /^subpathfix: \/dev\/null: not a regular file; of a pipe: … \| subpathfix diagnose -\n$/],
    [['/etc/hosts', '--unit', 'x'], /files and the journal cannot be read together/],
    [['/etc/hosts', '--cluster'], /files and --cluster cannot be read together/],
    [['--unit', 'x', '--cluster'], /the journal and --cluster cannot be read together/],
    [['--follow', '--until', 'now'], /--follow and --until cannot be used together/],
    [['-', '-'], /- can be given once/],
    [['--cluster', '--kubeconfig', '/nowhere'], /--kubeconfig \/nowhere: no such file/],
  ])('%j is refused', async (args, error) => {
    const { exitCode, stdout, stderr } = await subpathfix(['diagnose', ...args]);
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(error);
  });

  it('takes nothing of the log for its own words', async () => {
    const evil = '\u001b]8;;http://evil\u0007\u202e';
    const log = file(
      'evil',
      `${mkdir.replace('failed', `${evil}failed`).replaceAll('config', `config`)}pod="x${evil}/y"\n`,
    );
    for (const format of ['human', 'markdown', 'junit', 'json']) {
      const { stdout } = await subpathfix(['diagnose', log, '--format', format]);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not get through
      expect(stdout).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u202e]/);
    }
  });

  it.each(['human', 'json', 'junit', 'markdown'])('--redact leaves no name in %s', async (format) => {
    const names = [
      'shop',
      'nginx',
      'uploads',
      'settings',
      'scratch',
      'bcca1120',
      '9b7a4b9b',
      '/var/lib',
      'affected',
      scratch,
    ];
    const open = await subpathfix(['diagnose', recorded('affected.journal-short'), '--format', format]);
    expect(open.stdout).toContain(format === 'junit' ? '9b7a4b9b' : 'shop');
    const cut = file('secret-customer.gz', gzipHead);
    const { exitCode, stdout } = await subpathfix([
      'diagnose',
      recorded('affected.journal-short'),
      cut,
      '--format',
      format,
      '--redact',
    ]);
    expect(exitCode).toBe(1);
    for (const name of [...names, 'secret-customer']) expect(stdout).not.toContain(name);
    expect(stdout).toMatch(/(pod|uid)-[0-9a-f]{8}/);
  });

  it('--redact keeps the structure', async () => {
    const read = async (...args: string[]): Promise<Diagnose> =>
      published(z).parse(
        JSON.parse(
          (await subpathfix(['diagnose', recorded('affected.journal-short'), '--json', ...args])).stdout,
        ),
      );
    const [open, hidden] = await Promise.all([read(), read('--redact')]);
    const shape = ({ findings }: Diagnose) =>
      findings.map(({ strength, mounts, messages, signatures }) => ({
        strength,
        mounts: mounts.length,
        messages,
        signatures,
      }));
    expect(shape(hidden)).toEqual(shape(open));
    const [first, second] = hidden.findings;
    expect(first?.pod?.namespace).toBe(second?.pod?.namespace);
    expect(first?.pod?.name).not.toBe(second?.pod?.name);
  });

  it('is bounded, and says what it left out', async () => {
    const pods = Array.from({ length: 2100 }, (_, index) =>
      mkdir.replaceAll(uid, uid.replace(/....$/, `${index}`.padStart(4, '0'))),
    );
    const { exitCode, stdout } = await subpathfix(['diagnose', file('many', pods.join('')), '--json']);
    const document = published(z).parse(JSON.parse(stdout));
    expect([exitCode, document.findings.length, document.cut]).toEqual([3, 2000, 100]);
    expect(document.notes).toContainEqual(
      expect.objectContaining({
        code: 'cut',
        text: 'only the first 2000 pods are listed; 100 messages are about others',
      }),
    );
  });
});

/** A run with stand-ins for the programs. */
async function run(options: Partial<DiagnoseOptions>, answer: (args: string[]) => Performance | undefined) {
  const kubeconfig = '/root/.kube/config';
  const host = fakeHost({
    files: { [kubeconfig]: 'x' },
    programs: ['/bin/kubectl', '/bin/journalctl'],
    env: { PATH: '/bin', HOME: '/root' },
    run: ({ args }) => answer(args),
  });
  let [printed, said] = ['', ''];
  const { signal } = new AbortController();
  const context: Context = {
    ...{ host, version: '0.0.0', signal, argv: [] },
    stdout: { write: (text: string) => (printed += text), columns: null },
    stderr: { write: (text: string) => (said += text), columns: null },
  };
  const exitCode = await diagnose(context, { names: [], ...options } as DiagnoseOptions);
  return { exitCode, printed, said, ran: host.ran };
}

describe('the journal', () => {
  it('is asked for in its export form, without a shell', async () => {
    const { exitCode, ran } = await run(
      { unit: ['kubelet', '; rm -rf /'], since: '-1h', until: 'now' },
      () => ({ writes: [readFileSync(recorded('affected.journal-export'), 'utf8')] }),
    );
    expect(exitCode).toBe(1);
    expect(ran).toEqual([
      "journalctl --output=export --no-pager --quiet --unit=kubelet '--unit=; rm -rf /' --since=-1h --until=now",
    ]);
  });

  it('that goes on is told line by line, and reported at its end', async () => {
    const { printed, ran } = await run({ follow: true }, () => ({
      writes: [
        `MESSAGE=${mkdir}`,
        `MESSAGE=Output: mount: ${at}: wrong fs type, bad option, bad superblock on /proc/7/fd/8, x\n`,
      ],
    }));
    expect(ran[0]).toContain('--follow --no-tail');
    expect(printed.split('\n').slice(0, 3)).toEqual([
      expect.stringMatching(`^likely  ${uid}  app/config/0  mkdir `),
      expect.stringMatching(`^proven  ${uid}  app/config/0  wrong fs type`),
      'this defect: proven for 1 pod',
    ]);
  });

  it('is one document with --json, and told on standard error', async () => {
    const { printed, said } = await run({ follow: true, json: true }, () => ({
      writes: [`MESSAGE=${mkdir}`],
    }));
    expect(published(z).parse(JSON.parse(printed)).strength).toBe('likely');
    expect(said).toMatch(/^likely /);
  });

  it('that cannot be read is an error of its own', async () => {
    await expect(run({ unit: ['x'] }, () => ({ exitCode: 1 }))).rejects.toThrow(StreamError);
  });
});

describe('the cluster', () => {
  const events = readFileSync(recorded('affected.events-json'), 'utf8');
  const list = (args: string[]): Performance => {
    if (args.includes('events')) return { writes: [events] };
    return {
      writes: [args.includes('--output=json') ? readFileSync(recorded('affected.pods-json'), 'utf8') : ''],
    };
  };

  it('is asked for its events and pods', async () => {
    const { exitCode, printed, ran } = await run({ cluster: true, json: true }, list);
    const { findings, sources } = published(z).parse(JSON.parse(printed));
    expect(exitCode).toBe(1);
    expect(findings.map(({ pod }) => `${pod?.namespace}/${pod?.name}`)).toEqual([
      'shop/api',
      'shop/web',
      'shop/missing',
    ]);
    expect(sources.map(({ name }) => name)).toEqual(['the events of the cluster', 'the pods of the cluster']);
    expect(ran.every((command) => / get (events|pods) --all-namespaces --output=json /.test(command))).toBe(
      true,
    );
  });

  it('that does not answer leaves it undetermined', async () => {
    const failed = run({ cluster: true }, () => ({ exitCode: 1 }));
    await expect(failed).rejects.toMatchObject({
      exitCode: 3,
      message: expect.stringMatching(/^--cluster: /),
    });
  });
});

describe('a large log', () => {
  it('is read in memory that does not grow with it', async () => {
    mkdirSync(path.join(scratch, 'large'), { recursive: true });
    const block =
      'Nov 26 07:12:12 node1 k0s[812]: nothing that matters here, in a line of a usual length\n'.repeat(
        120_000,
      );
    const large = file('large/log', Array(20).fill(block).join('') + mkdir);
    const hook = file(
      'peak.cjs',
      "process.on('exit', () => process.stderr.write(`${process.resourceUsage().maxRSS}\\n`));",
    );
    const env = { NODE_OPTIONS: `--require=${hook}` };
    const { exitCode, stderr } = await subpathfix(['diagnose', '-q', large], { env });
    expect(exitCode).toBe(3);
    expect(Number(stderr) / 1000).toBeLessThan(120);
  });
});
