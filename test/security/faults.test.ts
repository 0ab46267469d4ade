/**
 * Everything that a command asks of the machine goes wrong, one thing at a time: what it says is then an error,
 * undetermined, or still true. Each fault is tried on a node that has the defect and on one that differs from it only
 * in that: where what tells them apart is taken away, an answer that called one fixed would call both so.
 */
import path from 'node:path';
import { execa } from 'execa';
import { build } from 'rolldown';
import { beforeAll, expect, it } from 'vitest';
import { assets } from '../../scripts/assets.ts';
import { root, tool } from '../helpers/tools.ts';
import type { Ended, Scenario, Work } from './faults/worker.ts';
import { type Field, onField, system } from './field.ts';
import { leaveOne, prepareNode, prepareRebuilds, resetting } from './rebuildable.ts';

const fields = { affected: onField(), fixed: onField(), rebuilt: onField() };
type Node = keyof typeof fields;
const workerOf = (): string => fields.affected.arena.file('worker.mjs');

beforeAll(async () => {
  for (const field of Object.values(fields)) await prepareNode(field);
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
const leftBehind = (field: Field): string =>
  `for d in /run/subpathfix/sweep-*; do umount -l $d; rmdir $d; done; ${leaveOne(field)}`;

type Given = Omit<Scenario, 'env' | 'watched'>;

const hurry = ['--timeout', '1'];

const judging: readonly Given[] = [
  { name: 'check', args: ['check', '--json'] },
  { name: 'probe', args: ['probe', '--json'] },
  { name: 'verify', args: ['verify', '--skip', 'smoke', '--json'], hurry },
];

/** What acts on a node is tried on one: what it does does not depend on the mount. */
const acting = (field: Field): Given[] => [
  { name: 'sweep', args: ['sweep', '--json'], before: leftBehind(field) },
  { name: 'sweep --apply', args: ['sweep', '--apply', '--force', '--json'], before: leftBehind(field) },
  { name: 'generate', args: ['generate', '--stdout'] },
  { name: 'generate --out', args: ['generate', '--out', '/run/fix'], before: 'rm -rf /run/fix' },
];

/** What a rebuild alone asks; the rest is what verify asks without one. */
const ofRebuild = '^(?:run (?!.*setpriv)|make|write|remove|readLink /(?:run|nix|var)|findTool nix|isAlive)';

const untilKubelet = ({ kubelet }: Field): string =>
  `until grep -qsz '^${kubelet}' /proc/[0-9]*/cmdline; do sleep 0.01; done`;

const onRebuilt = (field: Field): Given[] => [
  {
    name: 'verify --rebuild',
    args: [
      ...['verify', '--rebuild', 'switch', '--file', field.arena.file('right.json'), '--rollback', '--json'],
      ...['--skip', 'smoke,leftovers'],
    ],
    hurry,
    only: ofRebuild,
    before: `${resetting(field)}\n${untilKubelet(field)}`,
  },
];

/** Each command on a node with this mount, as it is and with each fault. */
async function tries(node: Node): Promise<Ended[]> {
  const field = fields[node];
  return node === 'rebuilt' ? rebuilds(field) : reads(node, field);
}

async function rebuilds(field: Field): Promise<Ended[]> {
  const PATH = await prepareRebuilds(field);
  return work(field, PATH, onRebuilt(field));
}

async function reads(mount: 'affected' | 'fixed', field: Field): Promise<Ended[]> {
  const { arena, kubelet } = field;
  const PATH = `${arena.file(mount)}:${system}`;
  const unit = `[Service]\nEnvironment="PATH=${PATH}"\nExecStart=${kubelet} 600\n`;
  await arena.run(tool('sh'), '-c', `printf %s '${unit}' >/etc/systemd/system/kubelet.service`);
  await field.trueKubelet({ PATH });
  return work(field, system, mount === 'fixed' ? [...judging] : [...judging, ...acting(field)]);
}

async function work(field: Field, PATH: string, scenarios: Given[]): Promise<Ended[]> {
  const { arena } = field;
  const env = { PATH, HOME: arena.directory };
  const watched = ['/run', '/run/subpathfix'];
  const given: Work = { scenarios: scenarios.map((each) => ({ ...each, env, watched })) };
  const [file, args] = arena.inside(process.execPath, workerOf());
  const options = { input: JSON.stringify(given), maxBuffer: 1e9, env, extendEnv: false, cwd: '/' };
  const { stdout } = await execa(file, args, options);
  return stdout.split('\n').map((line) => JSON.parse(line) as Ended);
}

/** What is wrong with how a run with a fault ended; null if nothing is. */
function wrongWith(node: Node, { scenario, fault, ...ended }: Ended): string | null {
  const { exitCode, crash, left, mounted, said, system: running } = ended;
  if (crash !== null) return crash;
  if (scenario === 'sweep' && exitCode === 0) return 'there is something to remove';
  if (scenario === 'sweep --apply' && exitCode === 0 && mounted > 0) return 'it was not removed';
  const judges = ['check', 'probe', 'verify'].includes(scenario);
  if (judges && node === 'affected' && exitCode === 0) return 'it is affected';
  // A 2.41 that is patched says only that it is 2.41: without a test of it, that counts.
  const byVersion = /"decidedBy": "(?:libmount|utilLinux)"/.test(said);
  if (judges && node === 'fixed' && exitCode === 1 && !byVersion) return 'it is fixed';
  if (scenario === 'verify' && node === 'fixed' && exitCode === 4) return 'nothing failed';
  if (scenario === 'verify --rebuild') {
    const isOld = running.endsWith('/before');
    if (exitCode === 0 && isOld) return 'the old system is called proven';
    // A kubelet that is not started again in time is no failure of the fix, and nothing is undone for it.
    if (exitCode === 4 && !isOld && !/rollback failed|"state": "not-in-effect"/.test(said))
      return 'it failed, and was not rolled back';
  }
  // For probe a machine without kubelet is one that has to be told the mount.
  const isGone = fault?.kind === 'missing' || fault?.key === 'processes ';
  const mayRefuse =
    (scenario === 'probe' && isGone) || /^(?:generate --out|verify --rebuild)$/.test(scenario);
  if (exitCode === 2 && !mayRefuse) return 'the user did nothing wrong';
  if (left.length === 0 || (scenario === 'generate --out' && exitCode === 0)) return null;
  if (/^remove/.test(fault?.key ?? '')) return null;
  // What removes it does not work.
  const named = left.every((each) => said.includes(/\/run\/subpathfix\/sweep-\d+/.exec(each)?.[0] ?? each));
  return exitCode === 4 && named ? null : `left ${left.join(', ')}`;
}

const usual: Record<Node, Record<string, number>> = {
  affected: {
    ...{ check: 1, probe: 1, verify: 4, sweep: 1, 'sweep --apply': 0 },
    ...{ generate: 0, 'generate --out': 0 },
  },
  fixed: { check: 0, probe: 0, verify: 0 },
  rebuilt: { 'verify --rebuild': 0 },
};

it('no fault makes an answer that is wrong, on any node', async () => {
  const started = performance.now();
  const nodes = Object.keys(fields) as Node[];
  const wrong: object[] = [];
  await Promise.all(
    nodes.map(async (node) => {
      const all = await tries(node);
      const exitCodes = all.flatMap(({ fault, scenario, exitCode }) => (fault ? [] : [[scenario, exitCode]]));
      expect(Object.fromEntries(exitCodes)).toEqual(usual[node]);
      for (const ended of all) {
        const why = wrongWith(node, ended);
        if (why !== null) wrong.push({ node, why, ...ended });
      }
      const seconds = Math.round((performance.now() - started) / 1000);
      process.stdout.write(`${node}: ${all.length - exitCodes.length} faults in ${seconds} s\n`);
      expect(all.length).toBeGreaterThan(node === 'rebuilt' ? 40 : 400);
    }),
  );
  expect(wrong).toEqual([]);
}, 600_000);
