import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { leftoversOf } from './clean.ts';
import { nodesOfWorker } from './fixture.ts';
import { INDEXES, placeOf } from './layout.ts';
import { machine } from './machine.ts';
import { inUse, SystemdNode } from './node.ts';

const POLL = { timeout: 30_000, interval: 100 };
const CLI = join(import.meta.dirname, 'cli.ts');
const [index, second] = await nodesOfWorker();
const place = placeOf(index);
const { name } = place;

// Without it a test in which nothing has been started would find nothing left either.
const before = machine();

beforeAll(() => {
  // What somebody has up is not this file's to end.
  for (const each of INDEXES) if (inUse(placeOf(each))) throw new Error(`node${each} is up: end it first`);
});

describe('a node', () => {
  let node: SystemdNode;
  beforeAll(async () => {
    node = await SystemdNode.start(index, { report: console.log });
    return () => node.stop();
  });

  test('has systemd as PID 1, in namespaces and control groups of its own', async () => {
    expect(await node.run(['cat', '/proc/1/comm'])).toBe('systemd');
    expect(await node.run(['hostname'])).toBe(name);
    expect(await node.run(['systemctl', 'is-system-running'])).toBe('running');
    expect(await node.run(['cat', '/proc/1/cgroup'])).toMatch(/^\d+:name=systemd:\/init\.scope$/m);
    expect(await node.run(['findmnt', '--noheadings', '--output=PROPAGATION', '/'])).toBe('shared');
    expect(await node.run(['findmnt', '--noheadings', '--output=FSTYPE', '/run'])).toBe('tmpfs');
  });

  test('has a journal, transient units, Node and Nix', async () => {
    await node.run(['systemd-run', '--unit=said', '--wait', 'echo', 'from a unit']);
    expect(await node.journal('said')).toMatch(/echo\[\d+\]: from a unit$/m);
    expect(await node.run(['node', '--version'])).toMatch(/^v20\./);
    expect(await node.run(['nix-instantiate', '--version'])).toMatch(/ 2\.26\./);
  });

  test('takes files and directories, and its failures are told', async () => {
    await node.writeFile('/opt/a/file', 'text', 0o600);
    expect(await node.run(['stat', '--format=%a %s', '/opt/a/file'])).toBe('600 4');
    await node.copyDirectory(import.meta.dirname, '/opt/b');
    expect(await node.run(['ls', '/opt/b'])).toContain('node.test.ts');
    await expect(node.run(['ls', '/none'])).rejects.toThrow(/node\d: ls \/none: exit 2\n.*No such file/);
  });

  test('cannot change the settings of the machine', async () => {
    await node.run(['sh', '-c', 'echo 1 >/proc/sys/vm/overcommit_memory']);
    await expect(node.run(['sh', '-c', 'echo 1 >/proc/sys/vm/swappiness'])).rejects.toThrow(/Read-only/);
    expect(machine()['sysctls']).toEqual(before['sysctls']);
  });

  test('is not started twice', async () => {
    await expect(SystemdNode.start(index)).rejects.toThrow(`${name} is up`);
    expect(await node.run(['hostname'])).toBe(name);
  });

  test('leaves nothing', () => {
    node.stop();
    expect(leftoversOf(place)).toEqual([]);
    expect(machine()).toEqual(before);
  });
});

describe('a node whose starter', () => {
  afterEach(() => new SystemdNode(index).stop());

  /** Starts a node from another process, and ends that process. */
  async function startAndSignal(signal: NodeJS.Signals): Promise<void> {
    const starter = execa(process.execPath, ['--import', 'tsx', CLI, 'hold', '--index', String(index)], {
      reject: false,
    });
    let output = '';
    starter.stdout.on('data', (chunk) => {
      output += chunk;
    });
    await expect.poll(() => output, POLL).toMatch(/^process \d+/m);
    expect(machine()).not.toEqual(before);
    starter.kill(signal);
    await starter;
  }

  test.each(['SIGINT', 'SIGTERM'] as const)('gets %s goes with it', async (signal) => {
    await startAndSignal(signal);
    expect(leftoversOf(place)).toEqual([]);
    expect(machine()).toEqual(before);
  });

  test('is killed ends at once, and the next start removes the rest', async () => {
    await startAndSignal('SIGKILL');
    const kinds = () => [...new Set(leftoversOf(place).map((each) => each.split(' /')[0]))];
    await expect.poll(kinds, POLL).toEqual(['control group', 'directory']);
    const node = await SystemdNode.start(index);
    expect(await node.run(['hostname'])).toBe(name);
    node.stop();
    expect(machine()).toEqual(before);
  });

  test('fails leaves nothing', async () => {
    const node = SystemdNode.start(second);
    // Its disk is there, its systemd is not yet.
    await expect.poll(() => leftoversOf(placeOf(second)).length, POLL).toBeGreaterThan(2);
    new SystemdNode(second).stop();
    await expect(node).rejects.toThrow();
    expect(machine()).toEqual(before);
  });
});
