import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { tool } from '../helpers/tools.ts';
import { onField } from './field.ts';

/** With whose rights a mount runs that is tested. */

const field = onField();

describe('a mount that the user names', () => {
  const evilMount = (): string => path.join(field.arena.evil, 'mount');

  it('runs without the rights of root', async () => {
    const { exitCode, stdout } = await field.arena.subpathfix(['probe', '--mount', evilMount(), '--json']);
    expect([exitCode, JSON.parse(stdout).probe.ranAs]).toEqual([0, 'unprivileged']);
    const own = await field.arena.run('readlink', '/proc/self/ns/user');
    const traces = field.arena.traces();
    expect(traces.length).toBeGreaterThan(0);
    for (const { namespace } of traces) expect(namespace).not.toBe(own);
  });

  it('does not run as root where user namespaces are off', async () => {
    const off = ['unshare', '--user', '--map-root-user', '--mount', '--propagation', 'slave'];
    const script = 'echo 0 >/proc/sys/user/max_user_namespaces; exec "$@"';
    const through = [...off, 'sh', '-c', script, 'sh'];
    const { exitCode, stdout } = await field.arena.subpathfix(['probe', '--mount', evilMount(), '--json'], {
      through,
    });
    expect(exitCode).toBe(3);
    expect(JSON.parse(stdout).verdict.because).toMatch(/not tested as root: .*belongs to user/);
    const trusted = await field.arena.subpathfix(['probe', '--mount', tool('mount'), '--json'], { through });
    expect([trusted.exitCode, JSON.parse(trusted.stdout).probe.ranAs]).toEqual([0, 'root']);
  });

  it('that only root can reach runs as root, if only root can change it', async () => {
    const closed = field.arena.file('closed');
    mkdirSync(closed, { mode: 0o700 });
    copyFileSync(tool('mount'), path.join(closed, 'mount'));
    const { exitCode, stdout } = await field.arena.subpathfix([
      'probe',
      '--mount',
      path.join(closed, 'mount'),
      '--json',
    ]);
    expect([exitCode, JSON.parse(stdout).probe.ranAs]).toEqual([0, 'root']);
    expect(JSON.parse(stdout).facts.probe.evidence).toContain('as root');
  });

  it('gets nothing but its arguments, PATH and the variables of libmount', async () => {
    const said = field.arena.file('said');
    writeFileSync(said, '');
    // The mount runs as a user that can write nothing else.
    chmodSync(said, 0o666);
    const file = field.arena.file('bin/mount');
    const lines = [
      'env',
      'pwd',
      'ls -l /proc/self/fd',
      'grep -E "^(Groups|NoNewPrivs|CapBnd)" /proc/self/status',
      'cat /proc/self/uid_map',
    ];
    writeFileSync(file, `#!/bin/sh\n{ ${lines.join('; ')}; } >>${said} 2>&1\nexec ${tool('mount')} "$@"\n`, {
      mode: 0o755,
    });
    const secret = field.arena.file('secret');
    writeFileSync(secret, 'a secret', { mode: 0o600 });
    const open = ['bash', '-c', 'exec 8<"$0" 9<"$0"; exec "$@"', secret];
    const env = { SECRET: 'in a variable', LD_AUDIT: '/nowhere', LIBMOUNT_FORCE_MOUNT2: 'auto' };
    const { exitCode, stdout } = await field.arena.subpathfix(['probe', '--mount', file, '--json'], {
      env,
      through: open,
    });
    expect([exitCode, JSON.parse(stdout).probe.ranAs]).toEqual([0, 'unprivileged']);
    const text = readFileSync(said, 'utf8');
    const names = new Set([...text.matchAll(/^(\w+)=/gm)].map(([, name]) => name));
    // A shell adds PWD; the rest is what a mount is given.
    names.delete('PWD');
    expect([...names].sort()).toEqual(['LC_ALL', 'LIBMOUNT_FORCE_MOUNT2', 'PATH']);
    expect(text).not.toContain('secret');
    expect(text).toMatch(/^\/$/m);
    expect(text).toMatch(/^Groups:\s*$/m);
    expect(text).toMatch(/^NoNewPrivs:\s*1$/m);
    expect(text).toMatch(/^\s+0\s+18790\d{5}\s+1$/m);
  });
});
