import { spawn } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { advisory } from '../../src/advisory/index.ts';
import { runCommandLine } from '../../src/cli.ts';
import { exitCodes } from '../../src/errors.ts';
import { examineNode } from '../../src/facts/node/examine.ts';
import { foreseen } from '../../src/facts/node/foreseen.ts';
import { localHost } from '../../src/host/local.ts';
import { connect } from '../../src/host/ssh/connection.ts';
import { HostError } from '../../src/host/ssh/errors.ts';
import { remoteHost } from '../../src/host/ssh/host.ts';
import { published } from '../../src/report/documents/hosts.ts';
import { root } from '../helpers/tools.ts';
import { bare } from './bare.ts';
import { lab, type Sshd } from './sshd.ts';
import { login, removeLogins } from './users.ts';

const examining = { live: true, signal: new AbortController().signal };
const main = path.join(root, 'dist/main.cjs');
const all = lab();
const servers: net.Server[] = [];
let good: Sshd;
afterAll(() => {
  all.close();
  removeLogins();
  for (const server of servers) server.close();
});

const run = (args: readonly string[], env: Record<string, string> = {}) =>
  execa('node', [main, ...args], { env: { PATH: all.searchPath, ...env }, reject: false });

async function listening(each: (socket: net.Socket) => void): Promise<number> {
  const server = net.createServer(each).listen(0, '127.0.0.1');
  servers.push(server);
  await new Promise((resolve) => server.once('listening', resolve));
  return (server.address() as AddressInfo).port;
}

beforeAll(async () => {
  good = await all.sshd({ aliases: ['good', 'again'], config: ['Banner /etc/os-release'] });
  const { port } = good;
  const at = (alias: string, more: string): void =>
    all.configure(`Host ${alias}\n  HostKeyAlias known\n  Port ${port}\n  ${more}`);
  all.configure(`Host unknown\n  Port ${port}\n  User root`);
  at('nobody', 'User no-such-user');
  at(
    'fish',
    `User ${login('f', { shell: '/usr/bin/fish', sudo: 'nothing', files: { '.config/fish/config.fish': 'printf "welcome, fish"\n' } }).name}`,
  );
  at(
    'chatty',
    `User ${login('c', { shell: '/bin/bash', sudo: 'nothing', files: { '.bashrc': 'printf "\\033[31mhello"; echo oops >&2\n' } }).name}`,
  );
  at('password', `User ${login('p', { shell: '/bin/sh', sudo: 'password' }).name}`);
  at('no-sudo', `User ${login('n', { shell: '/bin/sh', sudo: 'refused' }).name}`);
  at('no-shell', `User ${login('x', { shell: '/usr/sbin/nologin', sudo: 'nothing' }).name}`);
  all.configure(`Host silent\n  Port ${await listening(() => undefined)}\n  ConnectTimeout 60`);
  all.configure(`Host closed\n  Port 9`);
  all.configure(`Host no-name\n  HostName no-such-host.invalid`);
  const cut = await listening((socket) => {
    const to = net.connect(port, '127.0.0.1');
    let bytes = 0;
    socket.pipe(to);
    to.on('data', (piece) => {
      bytes += piece.length;
      socket.write(piece);
      if (bytes > 20_000) socket.destroy();
    });
    for (const each of [socket, to]) each.on('error', () => to.destroy());
  });
  all.configure(`Host cut\n  HostKeyAlias known\n  Port ${cut}`);
});

type Reported = z.infer<ReturnType<typeof published>>;

describe('check on many hosts', () => {
  let answer: Reported;
  let exitCode: number | undefined;
  const table: [name: string, code: string, says: RegExp][] = [
    ['unknown', 'unknown-key', /not in known_hosts: connect once/],
    ['nobody', 'refused', /Permission denied/],
    ['password', 'sudo', /sudo asks for a password/],
    ['no-sudo', 'sudo', /NOPASSWD/],
    ['no-shell', 'no-shell', /no shell/],
    ['silent', 'no-answer', /not done within 12 s/],
    ['cut', 'cut-off', /the connection ended|cut off/],
    ['closed', 'no-route', /nothing answers on its ssh port/],
    ['no-name', 'no-name', /its name is not known/],
  ];
  const answering = ['good', 'fish', 'chatty'];

  beforeAll(async () => {
    writeFileSync(
      path.join(all.directory, 'hosts'),
      `# all of them\n${table.map(([name]) => `  ${name}  # one\n`).join('\n')}\n`,
    );
    const hosts = answering.flatMap((name) => ['--host', name]);
    const args = ['--hosts-file', path.join(all.directory, 'hosts'), '--timeout', '12', '--json'];
    const ran = await run(['check', ...hosts, ...args]);
    exitCode = ran.exitCode;
    answer = published(z).parse(JSON.parse(ran.stdout));
  }, 60_000);

  it.each(table)('%s: %s', (name, code, says) => {
    const found = answer.hosts.find((each) => each.name === name);
    expect(found).toMatchObject({ outcome: 'unknown', exitCode: 3, error: { code }, report: null });
    expect(found?.because).toMatch(says);
  });

  it.each(answering)('%s answers, whatever the others do', (name) => {
    const found = answer.hosts.find((each) => each.name === name);
    expect(found).toMatchObject({ error: null, report: { command: 'check' } });
    expect(found?.becameRootAs === null).toBe(name === 'good');
  });

  it('says as the hosts were given, with the exit code of the worst', () => {
    expect(answer.hosts.map(({ name }) => name)).toEqual([...answering, ...table.map(([name]) => name)]);
    const codes = answer.hosts.map((host) => host.exitCode);
    expect(exitCode).toBe([4, 1, 3].find((code) => codes.includes(code)));
    expect(answer.notes).toEqual([expect.objectContaining({ code: 'became-root' })]);
  });

  it('finds the same as on the host itself, with a kubelet there', async () => {
    const kubelet = path.join(all.directory, 'kubelet');
    copyFileSync('/bin/sleep', kubelet);
    const there = (command: string) => execa(path.join(all.directory, 'bin/ssh'), ['good', command]);
    await there(
      `env -i PATH=/usr/local/bin:/usr/bin:/bin setsid ${kubelet} 300 </dev/null >/dev/null 2>&1 &`,
    );
    const [{ stdout: own }, { stdout: by }] = await Promise.all([
      there(`${process.execPath} ${main} check --json || :`),
      run(['check', '--host', 'good', '--json']),
    ]);
    const [here, report] = [JSON.parse(own), JSON.parse(by).hosts[0].report];
    expect(report).toMatchObject({ verdict: { decidedBy: 'probe' }, node: { kubelet: { known: true } } });
    // It puts the system's own programs first in its PATH.
    for (const each of [report, here]) delete each.node.shellMount;
    expect(report).toEqual(here);

    const connection = connect(path.join(all.directory, 'bin/ssh'), 'good', process.env);
    const { host } = await remoteHost(connection, foreseen());
    expect((await examineNode(host, advisory, examining)).facts.probe).toMatchObject({ known: true });
    connection.close(new HostError('interrupted', 'done'));
    expect(connection.roundTrips()).toBeLessThanOrEqual(4);
  });
});

const processesWith = (word: string): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((name) => {
      try {
        return readFileSync(`/proc/${name}/cmdline`, 'latin1').split('\0').includes(word);
      } catch {
        return false;
      }
    })
    .map(Number);

async function until(what: () => boolean, ms: number): Promise<boolean> {
  for (const end = Date.now() + ms; Date.now() < end; await sleep(50)) if (what()) return true;
  return what();
}

it.each([
  ['SIGINT', 130, 'good', '41417'],
  ['SIGKILL', null, 'good', '41418'],
  ['SIGTERM', 143, 'fish', '41419'],
] as const)(
  '%s here ends what runs there',
  async (signal, code, host, word) => {
    const mount = path.join(all.directory, `mount-${word}`);
    writeFileSync(mount, `#!/bin/sh\nsleep ${word}\n`);
    chmodSync(mount, 0o755);
    const args = [main, 'probe', '--mount', mount, '--host', host];
    const child = spawn('node', args, { env: { PATH: all.searchPath }, stdio: 'ignore' });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    expect(await until(() => processesWith(word).length > 0, 15_000)).toBe(true);
    child.kill(signal);
    expect(await ended).toBe(code);
    expect(await until(() => processesWith(word).length === 0, 5000)).toBe(true);
  },
  30_000,
);

it.each<[what: string, count: number, ssh: 'sshd' | 'stand-in']>([
  ['asks 200 hosts', 200, 'stand-in'],
  ['asks a server again that takes only a few logins at a time', 16, 'sshd'],
])(
  '%s',
  async (_, count, ssh) => {
    const file = path.join(all.directory, 'bare');
    writeFileSync(file, bare);
    const bin = path.join(all.directory, 'bare-bin');
    mkdirSync(bin, { recursive: true });
    copyFileSync(file, path.join(bin, 'ssh'));
    chmodSync(path.join(bin, 'ssh'), 0o755);
    const { name: user } = login(ssh === 'sshd' ? 'b' : 'w', { shell: '/bin/sh', sudo: 'refused' });
    const config = [`ForceCommand /bin/sh ${file}`, 'MaxStartups 4:100:4'];
    if (ssh === 'sshd') await all.sshd({ aliases: ['bare-*'], config, user });
    const names = Array.from({ length: count }, (__, index) => `bare-${index}`);
    writeFileSync(path.join(all.directory, 'many'), names.join('\n'));
    const args = ['check', '--hosts-file', path.join(all.directory, 'many'), '--json'];
    const PATH = ssh === 'sshd' ? all.searchPath : `${bin}:${process.env['PATH']}`;
    const { stdout, stderr, exitCode } = await execa('node', [main, ...args], {
      env: { PATH },
      reject: false,
    });
    const { hosts } = published(z).parse(JSON.parse(stdout));
    expect(hosts.map(({ name }) => name)).toEqual(names);
    expect(hosts.filter(({ error }) => error !== null)).toEqual([]);
    // Nothing was found there, and that is not good.
    expect(new Set(hosts.map((host) => host.exitCode))).toEqual(new Set([3]));
    expect([stderr, exitCode]).toEqual(['', 3]);
  },
  90_000,
);

const wrong = path.join(all.directory, 'wrong');
const empty = path.join(all.directory, 'empty');
writeFileSync(wrong, 'good\n\n-oProxyCommand=id\n');
writeFileSync(empty, '# nothing\n');

it.each<[args: string[], says: RegExp]>([
  [['check', '--host', '-oProxyCommand=touch /tmp/x'], /begins with '-'/],
  [['check', '--host=-oProxyCommand=touch /tmp/x'], /begins with '-'/],
  [['check', '--hosts-file', wrong], /wrong, line 3: "-oProxyCommand=id": begins with '-'/],
  [['check', '--hosts-file', empty], /empty: names no host/],
  [['check', '--hosts-file', '/nowhere'], /\/nowhere: no such file/],
  [['check', '--host', 'good', '--channel', 'nixos-25.05'], /--channel cannot be used with --host/],
  [['check', '--host', 'good', '--node-root', '/'], /--node-root cannot be used with --host/],
  [['check', '--jobs', '3'], /--jobs and --timeout need --host/],
  [['check', '--timeout', '3'], /--jobs and --timeout need --host/],
  [['check', '--host', 'good', '--jobs', '0'], /--jobs: must be a number from 1 to 256/],
  [['check', '--host', 'good', '--timeout', 'x'], /--timeout: must be a number of seconds/],
  [['probe', '--host', 'good', '--pid', '1'], /--pid cannot be used with --host/],
  [
    ['verify', '--host', 'good', '--rebuild', 'switch'],
    /--rebuild cannot be used with --host: nothing is rebuilt/,
  ],
  [['verify', '--host', 'good', '--all-nodes'], /--all-nodes cannot be used with --host/],
  [['sweep', '--host', 'good', '--kubeconfig', wrong], /--kubeconfig with hosts needs --hosts-from cluster/],
])('%j is an error of usage', async (args, says) => {
  const nowhere = { write: () => undefined, columns: null };
  const context = { version: '0', argv: args, stdout: nowhere, stderr: nowhere };
  const ran = runCommandLine({
    ...context,
    host: localHost({ PATH: all.searchPath }),
    signal: examining.signal,
  });
  await expect(ran).rejects.toMatchObject({
    message: expect.stringMatching(says),
    exitCode: exitCodes.usage,
  });
});

it('asks the nodes of the cluster by their InternalIP', async () => {
  const nodes = ['127.0.0.1', '127.0.0.2'].map((address, index) => ({
    metadata: { name: `n${index}` },
    status: {
      nodeInfo: { operatingSystem: 'linux' },
      addresses: [
        { type: 'Hostname', address: 'x' },
        { type: 'InternalIP', address },
      ],
    },
  }));
  const kubectl = path.join(all.directory, 'bin/kubectl');
  const print = (items: object[]): void =>
    writeFileSync(kubectl, `#!/bin/sh\ncat <<'END'\n${JSON.stringify({ items })}\nEND\n`);
  print(nodes);
  chmodSync(kubectl, 0o755);
  const args = ['check', '--hosts-from', 'cluster', '--timeout', '5', '--json'];
  const { stdout } = await run(args, { KUBECONFIG: kubectl });
  expect(
    published(z)
      .parse(JSON.parse(stdout))
      .hosts.map(({ name }) => name),
  ).toEqual(['127.0.0.1', '127.0.0.2']);
  print([
    {
      metadata: { name: 'evil' },
      status: { addresses: [{ type: 'InternalIP', address: '-oProxyCommand=id' }] },
    },
  ]);
  expect(await run(args, { KUBECONFIG: kubectl })).toMatchObject({
    exitCode: 3,
    stderr: expect.stringContaining('evil has no InternalIP'),
  });
}, 30_000);
