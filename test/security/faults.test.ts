/**
 * Everything that a command asks of the machine goes wrong, one thing at a time: what it says is then an error,
 * undetermined, or still true. Each fault is tried on a node that has the defect and on one that differs from it only
 * in that: where what tells them apart is taken away, an answer that called one fixed would call both so.
 */
import path from 'node:path';
import { execa } from 'execa';
import { build } from 'rolldown';
import { beforeAll, describe, expect, it } from 'vitest';
import { assets } from '../../scripts/assets.ts';
import { root, tool } from '../helpers/tools.ts';
import type { Ended, Scenario, Work } from './faults/worker.ts';
import { onField, system } from './field.ts';
import { kubeletRoot, leaveOne, prepareNode } from './rebuildable.ts';

const field = onField();
const workerOf = (): string => field.arena.file('worker.mjs');

beforeAll(async () => {
  await prepareNode(field);
  await build({
    input: path.join(root, 'test/security/faults/worker.ts'),
    platform: 'node',
    plugins: [assets({ copy: false })],
    transform: { target: 'node20' },
    checks: { eval: false },
    output: { file: workerOf(), format: 'esm', codeSplitting: false },
  });
}, 60_000);

/** After the fault before it kept something from being removed: this process would have to end for the next to do it. */
const leftBehind = (): string =>
  `for d in /run/subpathfix-sweep-*; do umount -l $d; rmdir $d; done; ${leaveOne(field)}`;

const scenarios = (): Omit<Scenario, 'env' | 'watched'>[] => [
  { name: 'check', args: ['check', '--json'] },
  { name: 'probe', args: ['probe', '--json'] },
  { name: 'verify', args: ['verify', '--skip', 'smoke', '--json', '--timeout', '1'] },
  { name: 'sweep', args: ['sweep', '--json'], before: leftBehind() },
  { name: 'sweep --apply', args: ['sweep', '--apply', '--force', '--json'], before: leftBehind() },
  { name: 'generate', args: ['generate', '--stdout'] },
];

/** Each command on a node with this mount, as it is and with each fault. */
async function tries(mount: 'affected' | 'fixed'): Promise<Ended[]> {
  const { arena, kubelet } = field;
  const PATH = `${arena.file(mount)}:${system}`;
  const unit = `[Service]\nEnvironment="PATH=${PATH}"\nExecStart=${kubelet} 600\n`;
  // Without what the last node was left with, which check would take for evidence.
  const remade = `umount -l ${kubeletRoot}; mount -t tmpfs -o mode=755 none ${kubeletRoot}`;
  await arena.run(tool('sh'), '-c', `${remade}; printf %s '${unit}' >/etc/systemd/system/kubelet.service`);
  await field.trueKubelet({ PATH });
  const env = { PATH: system, HOME: arena.directory };
  const watched = ['/run', '/run/subpathfix'];
  const work: Work = { scenarios: scenarios().map((each) => ({ ...each, env, watched })) };
  const [file, args] = arena.inside(process.execPath, workerOf());
  const options = { input: JSON.stringify(work), maxBuffer: 1e9, env, extendEnv: false, cwd: '/' };
  const { stdout } = await execa(file, args, options);
  return stdout.split('\n').map((line) => JSON.parse(line) as Ended);
}

/** What is wrong with how a run with a fault ended; null if nothing is. */
function wrongWith(mount: 'affected' | 'fixed', { scenario, fault, ...ended }: Ended): string | null {
  const { exitCode, crash, left, mounted, said } = ended;
  if (crash !== null) return crash;
  if (scenario === 'sweep' && exitCode === 0) return 'there is something to remove';
  if (scenario === 'sweep --apply' && exitCode === 0 && mounted > 0) return 'it was not removed';
  const judges = ['check', 'probe', 'verify'].includes(scenario);
  if (judges && mount === 'affected' && exitCode === 0) return 'it is affected';
  // A 2.41 that is patched says only that it is 2.41: without a test of it, that counts.
  const byVersion = said.includes('"decidedBy": "version"');
  if (judges && mount === 'fixed' && exitCode === 1 && !byVersion) return 'it is fixed';
  if (scenario === 'verify' && mount === 'fixed' && exitCode === 4) return 'nothing failed';
  // For probe a machine without kubelet is one that has to be told the mount.
  const isGone = fault?.kind === 'missing' || fault?.key === 'processes ';
  if (exitCode === 2 && !(scenario === 'probe' && isGone)) return 'the user did nothing wrong';
  if (left.length === 0) return null;
  // What removes it does not work.
  const named = left.every((each) => said.includes(/\/run\/subpathfix-sweep-\d+/.exec(each)?.[0] ?? each));
  return exitCode === 4 && named ? null : `left ${left.join(', ')}`;
}

describe('on a node whose mount', () => {
  it.each<['affected' | 'fixed', Record<string, number>]>([
    ['affected', { check: 1, probe: 1, verify: 4, sweep: 1, 'sweep --apply': 0, generate: 0 }],
    ['fixed', { check: 0, probe: 0, verify: 0, sweep: 1, 'sweep --apply': 0, generate: 0 }],
  ])(
    'is %s, no fault makes an answer that is wrong',
    async (mount, usual) => {
      const started = performance.now();
      const all = await tries(mount);
      const exitCodes = all.flatMap(({ fault, scenario, exitCode }) => (fault ? [] : [[scenario, exitCode]]));
      expect(Object.fromEntries(exitCodes)).toEqual(usual);
      const wrong = all.flatMap((ended) => {
        const why = wrongWith(mount, ended);
        return why === null ? [] : [{ why, ...ended }];
      });
      const seconds = Math.round((performance.now() - started) / 1000);
      process.stdout.write(`${mount}: ${all.length - exitCodes.length} faults in ${seconds} s\n`);
      (await import('node:fs')).writeFileSync(`/tmp/ig-${mount}.json`, JSON.stringify(all));
      expect(wrong).toEqual([]);
      expect(all.length).toBeGreaterThan(400);
    },
    400_000,
  );
});
