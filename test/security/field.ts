/** An arena for the tests of a file, with a kubelet of root's whose mount has the defect. */
import { mkdirSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { buildAffectedMount } from '../helpers/tools.ts';
import { Arena } from './arena.ts';

export const system = '/usr/sbin:/usr/bin:/sbin:/bin';

/** The commands that ask a node, each with its exit code where kubelet's mount has the defect. */
export const commands: [args: string[], affected: number][] = [
  [['check', '--json'], 1],
  [['probe', '--json'], 1],
  [['verify', '--skip', 'smoke', '--json'], 4],
];

export interface Field {
  arena: Arena;
  /** a program of root's that does nothing */
  kubelet: string;
  /** the PATH of the true kubelet: its mount has the defect, the attacker's has not */
  truePath: string;
  /** as Arena.starts; ended after the test */
  started(...args: Parameters<Arena['starts']>): Promise<number>;
  trueKubelet(env?: Record<string, string>, cwd?: string): Promise<number>;
}

/** After each test nothing of the attacker's has run. Called at the top of a file, before its own hooks. */
export function onField(): Field {
  let arena: Arena | undefined;
  const running: number[] = [];
  const field: Field = {
    get arena() {
      if (!arena) throw new Error('only in tests');
      return arena;
    },
    get kubelet() {
      return field.arena.file('bin/kubelet');
    },
    get truePath() {
      return `${field.arena.file('affected')}:${system}`;
    },
    async started(...args) {
      const pid = await field.arena.starts(...args);
      running.push(pid);
      return pid;
    },
    trueKubelet: (env = { PATH: field.truePath }, cwd = '/') =>
      field.started([field.kubelet, '600'], { env, cwd }),
  };
  beforeAll(async () => {
    arena = await Arena.start();
    mkdirSync(arena.file('affected'));
    await buildAffectedMount(arena.file('affected'));
  });
  afterAll(() => arena?.stop());
  afterEach(async () => {
    for (const pid of running.splice(0)) await field.arena.kills(pid);
    expect(field.arena.traces()).toEqual([]);
  });
  return field;
}
