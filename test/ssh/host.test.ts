import { readFileSync } from 'node:fs';
import path from 'node:path';
import { execaSync } from 'execa';
import { describe, expect, it } from 'vitest';
import { advisory } from '../../src/advisory/index.ts';
import { examineNode } from '../../src/facts/node/examine.ts';
import { foreseen } from '../../src/facts/node/foreseen.ts';
import { readRunning } from '../../src/facts/node/kubelet.ts';
import type { Command, RunOptions } from '../../src/host/command.ts';
import { orNull } from '../../src/host/host.ts';
import { localHost } from '../../src/host/local.ts';
import { HostError } from '../../src/host/ssh/errors.ts';
import { hostTarget } from '../../src/host/ssh/target.ts';
import { root, tool } from '../helpers/tools.ts';
import { connectedTo, thisBySsh } from './by-ssh.ts';

const sh = (script: string, more: Partial<Command> = {}): Command => ({
  ...{ file: '/bin/sh', args: ['-c', script], mutates: false, ...more },
});

describe('a program on a host', async () => {
  const { host, connection } = await thisBySsh();

  it.each<
    [
      script: string,
      options: Partial<RunOptions>,
      exitCode: number | null,
      output: string,
      stopped: string | null,
    ]
  >([
    ['echo one; echo two >&2; exit 3', {}, 3, 'one\ntwo\n', null],
    ['printf one; exec cat', {}, 0, 'oneits input', null],
    ['seq 1 9', { keep: 'end', maxBytes: 4 }, 0, '8\n9\n', null],
    ['printf "\\0\\377" | od -An -tx1; kill -TERM $$', {}, null, ' 00 ff\n', 'signal'],
    ['exec sleep 60', { timeoutMs: 1000 }, null, '', 'time'],
    ['exec yes', { maxBytes: 10 }, null, 'y\ny\ny\ny\ny\n', 'output'],
    ['echo one; echo two >&2', { keep: 'errors' }, 0, 'two\n', null],
    ['echo \'; $(id)\' "$0"', {}, 0, '; $(id) /bin/sh\n', null],
    ['kill -9 $$', { signal: AbortSignal.abort() }, null, '', 'signal'],
  ])('%s', async (script, options, exitCode, output, stopped) => {
    const lines: string[] = [];
    const onLine = (line: string): void => void lines.push(line);
    const result = await host.run(sh(script, { input: 'its input' }), {
      timeoutMs: 9000,
      onLine,
      ...options,
    });
    expect(result).toMatchObject({ exitCode, stopped });
    if (stopped !== 'time') expect(result.output.slice(0, output.length || 1)).toBe(output);
    if (options.keep === 'errors') expect(lines).toEqual(['one']);
  });

  it('has the environment that it is given, and no more', async () => {
    const env = { 'A B': "it's", NEWLINE: 'a\nb' };
    const result = await host.run(
      { file: '/usr/bin/env', args: ['-0'], env, mutates: false },
      { timeoutMs: 9000 },
    );
    expect(result.output.split('\0').filter(Boolean)).toEqual(["A B=it's", 'NEWLINE=a\nb']);
  });

  it('is said to be missing', async () => {
    const nowhere = { file: '/nowhere', args: [], mutates: false };
    expect(await host.run(nowhere, { timeoutMs: 9000 })).toMatchObject({ stopped: 'not started' });
    const unknown = { file: 'no-such-program', args: [], mutates: false };
    expect(await host.run(unknown, { timeoutMs: 9000 })).toMatchObject({
      ...{ stopped: 'not started', output: 'no-such-program is not in PATH' },
    });
  });

  it('is followed by another look at what was known', async () => {
    const file = '/run/subpathfix-ssh-changed';
    expect(await orNull(host.readText(file, 10))).toBe(null);
    await host.run(sh(`echo new >${file}`, { mutates: true }), { timeoutMs: 9000 });
    expect(await host.readText(file, 10)).toBe('new\n');
    await host.run(sh(`rm ${file}`, { mutates: true }), { timeoutMs: 9000 });
    expect(await orNull(host.readText(file, 10))).toBe(null);
  });

  it('shares a round trip with all that is asked for at once', async () => {
    const before = connection.roundTrips();
    const asked = ['/etc/passwd', '/etc/group', '/etc/services'].map((file) =>
      host.readText(file, 1_000_000),
    );
    await Promise.all([...asked, host.run(sh('true'), { timeoutMs: 9000 })]);
    expect(connection.roundTrips() - before).toBe(1);
  });
});

const shells = { dash: 'dash', bash: 'bash --posix', busybox: 'busybox sh' };

describe.each(Object.entries(shells))('in %s', (_, shell) => {
  it('finds what this machine itself finds, in 4 round trips', async () => {
    const { host, connection } = await thisBySsh(foreseen(), connectedTo(`exec ${shell} -s`));
    const { signal } = new AbortController();
    const examining = { live: true, signal };
    const found = await examineNode(host, advisory, examining);
    expect(connection.roundTrips()).toBeLessThanOrEqual(4);
    const own = await examineNode(localHost({ PATH: host.env['PATH'] }), advisory, examining);
    for (const each of [found, own]) Object.assign(each.node, { ignored: [], kubelet: null, unit: null });
    // Other tests' processes come and go.
    expect(found.facts.packaged).toEqual(own.facts.packaged);
    expect(found.node.shellMount).toEqual(own.node.shellMount);
    expect(found.node.os).toEqual(own.node.os);
    expect(await readRunning(host)).toHaveProperty('kubelet');
  });
});

it('is a script that any shell can read', () => {
  const file = path.join(root, 'src/host/ssh/agent.sh');
  execaSync(tool('shellcheck'), ['--shell=sh', '--exclude=SC2154', file]);
  expect(readFileSync(file, 'utf8')).not.toMatch(/\b(?:local|declare|\[\[)\b/);
});

/** What each begins with: it knows the marks, as any far side does. */
const knows = 'read -r first; m=${first#m=} m=${m%% *} x=${first#*x=} x=${x%% *}\n';
const greets = `printf '\\n%s H\\n0\\n77\\n/usr/bin:/bin\\n\\033[31mevil\\n%s\\n\\n\\n%s .\\n' "$m" "$(date +%s)" "$m"\n`;
const answers = `printf '\\n%s E 1\\n' "$m"; sleep 5`;
const section = (kind: string, text: string): string => `printf '%s ${kind}\\n${text}\\n%s .\\n' "$m" "$m"\n`;

describe('a far side that is not what it should be', () => {
  it.each<[what: string, script: string, code: string]>([
    ['ends at once', 'exit 0', 'ssh'],
    ['says something else, and ends', 'echo hello; exit 1', 'ssh'],
    ['never ends a line', 'tr "\\0" x </dev/zero', 'not-understood'],
    [
      'writes without an end',
      'exec yes aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
      'not-understood',
    ],
    ['says nothing of itself', `${knows}${answers}`, 'not-understood'],
    ['is not root', `${knows}${greets.replace('\\n0\\n77', '\\n1000\\n77')}${answers}`, 'not-understood'],
    ['ends what it did not begin', `${knows}printf '%s .\\n' "$m"; sleep 5`, 'not-understood'],
    ['begins twice', `${knows}printf '%s S\\n%s S\\n' "$m" "$m"; sleep 5`, 'not-understood'],
    ['has a section of its own', `${knows}printf '%s SS\\n' "$m"; sleep 5`, 'not-understood'],
    [
      'describes a file by words',
      `${knows}${greets}${section('S', 'drwx /etc')}${answers}`,
      'not-understood',
    ],
    [
      'describes no path',
      `${knows}${greets}${section('S', '41ed 0 1 1 1 1 etc')}${answers}`,
      'not-understood',
    ],
    ['has a link without its end', `${knows}${greets}${section('L', 'P/bin')}${answers}`, 'not-understood'],
    [
      'has bytes that are none',
      `${knows}${greets}${section('F', '10 /etc/x\\n!!!')}${answers}`,
      'not-understood',
    ],
    [
      'has more than was asked for',
      `${knows}${greets}${section('F', '1 /etc/x\\nYWJj')}${answers}`,
      'not-understood',
    ],
    [
      'has processes of other names',
      `${knows}${greets}${section('P', 'YQBiAA==')}${answers}`,
      'not-understood',
    ],
    ['ends in the middle', `${knows}${greets}printf '%s S\\n' "$m"`, 'ssh'],
  ])('%s', async (_, script, code) => {
    const asked = thisBySsh(undefined, connectedTo(script));
    await expect(asked).rejects.toThrow(HostError);
    await expect(asked).rejects.toMatchObject({ code });
  });

  it('has another clock, and a name that is shown as what it is', async () => {
    const script = `${knows}${greets.replace('$(date +%s)', '1000000000')}${answers}`;
    const { host } = await thisBySsh(undefined, connectedTo(script));
    expect(Math.abs(host.now() - 1_000_000_000_000)).toBeLessThan(60_000);
    expect(host.hostname).toBe('\u001b[31mevil');
  });
});

it.each(['-oProxyCommand=id', 'root@-x', 'a b', 'a;b', '$(id)', 'a\nb', '', 'root@', '\u001b[31m'])(
  'refuses %j for a host',
  (text) => {
    expect(() => hostTarget(text, '--host')).toThrow(/--host/);
  },
);

it.each(['node-1', 'root@10.0.0.1', 'fd00::1', 'fe80::1%eth0', 'núcleo', 'a_b.example'])(
  'takes %s',
  (text) => {
    expect(hostTarget(text, '--host')).toBe(text);
  },
);
