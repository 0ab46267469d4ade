/** How programs are run on this machine, beside what contract.test.ts says of all hosts. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import type { Command, RunOptions } from '../../src/host/command.ts';
import { localHost } from '../../src/host/local.ts';
import { scratchDirectory, tool } from '../helpers/tools.ts';

const scratch = await scratchDirectory();
const idle = spawn(tool('sleep'), ['60'], { stdio: 'ignore' });
afterAll(() => void idle.kill('SIGKILL'));

describe('this machine', () => {
  const host = localHost();
  const sh = (script: string, more: Partial<Command> = {}): Command => ({
    ...{ file: '/bin/sh', args: ['-c', script], mutates: false, ...more },
  });
  const ways: [way: string, options: Partial<RunOptions>][] = [
    ['waited for', {}],
    ['read along', { onLine: () => {} }],
  ];

  it.each(ways)('%s, gives a program its input, environment and directory', async (_, way) => {
    const script = 'cat; echo "$NAME"; pwd; echo "$HOME"';
    const command = sh(script, { input: 'in\n', env: { NAME: 'value' }, cwd: scratch });
    const { output } = await host.run(command, { timeoutMs: 5000, ...way });
    expect(output.trimEnd()).toBe(`in\nvalue\n${scratch}`);
    const deaf = sh('exec 0<&-; exit 4', { input: 'x'.repeat(1_000_000) });
    expect(await host.run(deaf, { timeoutMs: 5000, ...way })).toMatchObject({ exitCode: 4 });
  });

  it.each(ways)('%s, does not wait for what a program has left running', async (_, way) => {
    const started = Date.now();
    const result = await host.run(sh('echo one; sleep 20 & exit 3'), { timeoutMs: 10_000, ...way });
    expect(result).toMatchObject({ exitCode: 3, stopped: null, output: expect.stringMatching(/^one\n?$/) });
    const hanging = await host.run(sh('sleep 20; :'), { timeoutMs: 200, ...way });
    expect(hanging).toMatchObject({ exitCode: null, stopped: 'time' });
    expect(Date.now() - started).toBeLessThan(5000);
  });

  it('hears a character that comes in parts as one', async () => {
    const lines: string[] = [];
    const onLine = (line: string): void => void lines.push(line);
    await host.run(sh('printf "\\303"; sleep 0.1; printf "\\244\\n"'), { timeoutMs: 5000, onLine });
    expect(lines).toEqual(['ä']);
  });

  it('keeps the end alone of what nobody bounds', async () => {
    const script = 'i=0; while [ $i -lt 3000 ]; do i=$((i+1)); echo line $i; done; exit 5';
    for (const [, way] of ways) {
      const options = { timeoutMs: 10_000, keep: 'end', maxBytes: 1000, ...way } as const;
      const { exitCode, output } = await host.run(sh(script), options);
      expect(exitCode).toBe(5);
      expect(output.trimEnd().split('\n').at(-1)).toBe('line 3000');
      expect(output.length).toBeLessThan(5000);
    }
  });

  it.each(ways)('%s, lets a program end by itself for as long as it is given', async (_, way) => {
    const script = "trap 'echo bye; exit 0' TERM; echo ready; while :; do sleep 0.05; done";
    const options = { timeoutMs: 300, ...way };
    const gentle = await host.run(sh(script, { mutates: true }), { ...options, graceMs: 5000 });
    expect(gentle).toMatchObject({ exitCode: null, stopped: 'time', output: expect.stringContaining('bye') });
    const hard = await host.run(sh(script, { mutates: true }), options);
    expect(hard.output).not.toContain('bye');
    const deaf = sh("trap '' TERM; while :; do sleep 0.05; done", { mutates: true });
    const started = Date.now();
    await host.run(deaf, { ...options, graceMs: 300 });
    expect(Date.now() - started).toBeLessThan(3000);
  });

  it.each(ways)(
    '%s, runs what changes something in a process group of its own, and ends all of it',
    async (_, way) => {
      const script = 'cut -d" " -f5 /proc/$$/stat; sleep 61.25 & wait';
      const own = readFileSync('/proc/self/stat', 'utf8').split(' ')[4];
      const options = { timeoutMs: 300, ...way };
      const changing = await host.run(sh(script, { mutates: true }), options);
      expect(changing.output.trim()).not.toBe(own);
      await sleep(50);
      expect(await sleeping('61.25')).toEqual([]);
      const reading = await host.run(sh('cut -d" " -f5 /proc/$$/stat'), { ...options, timeoutMs: 5000 });
      expect(reading.output.trim()).toBe(own);
    },
  );

  const sleeping = async (seconds: string): Promise<number[]> =>
    (await host.processes()).filter(({ argv }) => argv[1] === seconds).map(({ pid }) => pid);
});
