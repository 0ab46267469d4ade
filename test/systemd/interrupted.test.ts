import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { nodesOfWorker } from './fixture.ts';
import { RebuiltNode } from './rebuilding.ts';
import { pathsOf, VARIANTS } from './variants.ts';

/** verify is ended in the middle of each phase: what it leaves is one system or the other, and nothing else. */

const [index] = await nodesOfWorker();

/** What standard error says in each phase. */
const PHASES = {
  build: 'building the system configuration',
  gate: 'test the mount that the new system would give kubelet',
  activate: 'activating the configuration',
  kubelet: 'inspect the running kubelet',
  probe: 'test its mount',
  smoke: 'the pod is scheduled',
  leftovers: 'find what the defect left behind',
} as const;
type PhaseName = keyof typeof PHASES;
const names = Object.keys(PHASES) as PhaseName[];
const activates = (phase: PhaseName): boolean => phase !== 'build' && phase !== 'gate';

let rebuilt: RebuiltNode;
let firstKubelet: string | undefined;
beforeAll(async () => {
  rebuilt = await RebuiltNode.start(index, VARIANTS.kubernetes, true);
  firstKubelet = (await rebuilt.state()).kubelet;
  await rebuilt.configure('fixed');
  return () => rebuilt.node.stop();
});
afterEach(async () => await rebuilt.reset());

/** The pod takes time: it is left out where it would run before the phase. In the others it keeps them from ending. */
function verify(phase: PhaseName, ...more: string[]): string[] {
  const skipped = phase === 'leftovers' ? ['--skip', 'smoke'] : [];
  return ['verify', '--rebuild', 'switch', '--timeout', '20', ...skipped, ...more];
}

const isArmed = async (): Promise<boolean> =>
  (await rebuilt.run(['systemctl', 'is-active', '--quiet', 'subpathfix-rollback.timer'])).exitCode === 0;

async function expectOld(): Promise<void> {
  const { first } = rebuilt;
  expect(await rebuilt.state()).toEqual({ running: first, next: first, kubelet: firstKubelet });
}

async function expectNew(): Promise<void> {
  const { running, next } = await rebuilt.state();
  expect(running).not.toBe(rebuilt.first);
  expect(next).toBe(running);
  await expect.poll(async () => (await rebuilt.state()).kubelet).toContain('fix-mount-regression');
}

describe('with --rollback', () => {
  const signals = [
    ['TERM', 143],
    ['INT', 130],
    ['HUP', 143],
  ] as const;
  const each = names.map((phase, at) => [phase, ...(signals[at % 3] ?? signals[0])] as const);

  test.each(each)('in %s, SIG%s goes back in order', async (phase, signal, code) => {
    const args = verify(phase, '--rollback');
    const { exitCode, stdout, stderr } = await rebuilt.when(PHASES[phase], `kill -${signal} "$pid"`, ...args);
    expect(stdout, stderr).toMatch(activates(phase) ? /^not proven: interrupted; rolled back/ : /^\S/);
    expect(exitCode).toBe(code);
    await expectOld();
    expect([await rebuilt.left(), await rebuilt.unsaid()]).toEqual([[], []]);
  });

  // The last phase is over before the closing is noticed.
  const longOnes = names.filter((name) => name !== 'leftovers');
  test.each(longOnes)('in %s, a terminal that is closed is a reason to go back', async (phase) => {
    const args = verify(phase, '--rollback');
    const { exitCode } = await rebuilt.untilClosed(PHASES[phase], true, ...args);
    expect(exitCode).toBe(143);
    await expectOld();
    expect(await rebuilt.left()).toEqual([]);
    // What could not be said is in a file and in the journal, and the next run says where.
    const unsaid = await rebuilt.unsaid();
    expect(unsaid).toHaveLength(1);
    expect(await rebuilt.node.readFile(unsaid[0] ?? '')).toMatch(/interrupted|was stopped by a signal/);
    const journal = await rebuilt.node.run([
      'journalctl',
      '--no-pager',
      '--identifier=subpathfix',
      '-n',
      '200',
    ]);
    expect(journal).toMatch(/interrupted|was stopped by a signal/);
    const { stderr } = await rebuilt.subpathfix('verify', '--skip', 'kubelet,probe,smoke,leftovers');
    expect(stderr).toContain(unsaid[0]);
  });

  test('a terminal that is gone without a signal is none: the proof goes on', async () => {
    const { exitCode } = await rebuilt.untilClosed(
      PHASES.activate,
      false,
      ...verify('leftovers', '--rollback'),
    );
    expect(exitCode).toBe(0);
    await expectNew();
    expect(await rebuilt.left()).toEqual([]);
    const [file = ''] = await rebuilt.unsaid();
    expect(await rebuilt.node.readFile(file)).toMatch(/^fixed, and proven:/m);
  });

  test.each(names)('in %s, SIGKILL leaves the way back to systemd', async (phase) => {
    const { stderr } = await rebuilt.when(PHASES[phase], 'kill -KILL "$pid"', ...verify(phase, '--rollback'));
    expect(await isArmed(), stderr).toBe(activates(phase));
    if (!activates(phase)) {
      await expectOld();
    } else {
      const { exitCode, stdout, stderr: words } = await rebuilt.subpathfix(...verify('gate'));
      expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
      expect(words).toMatch(/subpathfix-rollback\.timer of an earlier run returns this node .* at \d{4}-/);
      // As the timer does it at its time.
      await rebuilt.node.run(['systemctl', 'start', 'subpathfix-rollback.service']);
      await rebuilt.untilQuiet();
      await expect.poll(async () => (await rebuilt.state()).kubelet).toBe(firstKubelet);
      await expectOld();
      const { stderr: next } = await rebuilt.subpathfix('verify', '--skip', 'kubelet,probe,smoke,leftovers');
      for (const file of await rebuilt.unsaid()) expect(next).toContain(file);
    }
    // A directory for what was built, and a namespace, are the next run's to remove.
    await rebuilt.subpathfix('verify', '--rebuild', 'build', '--timeout', '20', '--skip', 'gate,leftovers');
    // A watch of kubectl ends at its time limit, which the API server keeps.
    await expect.poll(() => rebuilt.left(), { timeout: 30_000, interval: 500 }).toEqual([]);
  });

  test('the timer does go back by itself', async () => {
    await rebuilt.when(
      PHASES.leftovers,
      'kill -KILL "$pid"',
      ...verify('leftovers', '--rollback', '--timeout', '1'),
    );
    expect((await rebuilt.state()).running).not.toBe(rebuilt.first);
    await expect.poll(isArmed, { timeout: 80_000, interval: 500 }).toBe(false);
    await rebuilt.untilQuiet();
    await expect.poll(async () => (await rebuilt.state()).kubelet).toBe(firstKubelet);
    await expectOld();
  });

  test('a proof that comes too late is none', async () => {
    // Stopped meanwhile: the last phase takes less time than this.
    const late = 'kill -STOP "$pid"; systemctl start subpathfix-rollback.service; kill -CONT "$pid"';
    const { exitCode, stdout } = await rebuilt.when(
      PHASES.leftovers,
      late,
      ...verify('leftovers', '--rollback'),
    );
    expect(stdout).toMatch(/^failed: the proof took too long, and the node was rolled back/);
    expect(exitCode).toBe(4);
    await expectOld();
    expect([await rebuilt.left(), await rebuilt.unsaid()]).toEqual([[], []]);
  });
});

describe('without --rollback', () => {
  const ways = ['TERM', 'KILL', 'HUP', 'INT', 'KILL', 'TERM', 'KILL'];
  test.each(names.map((phase, at) => [phase, ways[at] ?? 'KILL'] as const))(
    'in %s, SIG%s leaves a whole system',
    async (phase, signal) => {
      await rebuilt.when(PHASES[phase], `kill -${signal} "$pid"`, ...verify(phase));
      await rebuilt.untilQuiet();
      await (activates(phase) ? expectNew() : expectOld());
      if (signal === 'KILL') {
        await rebuilt.subpathfix(
          'verify',
          '--rebuild',
          'build',
          '--timeout',
          '20',
          '--skip',
          'gate,leftovers',
        );
      }
      expect(await rebuilt.left()).toEqual([]);
    },
  );
});

// Pods of those that were killed have met the affected mount since.
test('what their pods left can be swept', async () => {
  const { kubeletRoot } = pathsOf(rebuilt.kubernetes.variant);
  const list = `ls -d ${kubeletRoot}/pods/*/volume-subpaths; kubectl get namespaces -o name`;
  const sweptAgain = async (): Promise<string> => {
    await rebuilt.subpathfix('sweep', '--apply', '--force');
    return (await rebuilt.run(['bash', '-c', list])).stdout;
  };
  await expect.poll(sweptAgain, { timeout: 100_000, interval: 1000 }).not.toMatch(/subpath/);
});

describe('an output that', () => {
  const quietly = ['verify', '--rebuild', 'switch', '--skip', 'smoke', '--rollback'];
  test.each([
    ['is full', '>/dev/full 2>/dev/full', true],
    ['is closed', '>&- 2>&-', false],
    ['has lost its reader', '2>&1 | true', true],
  ])('%s changes nothing', async (_, redirected, isKept) => {
    const line = `set -o pipefail; subpathfix ${quietly.join(' ')} ${redirected}`;
    const { exitCode, stderr } = await rebuilt.run(['bash', '-c', line]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    await expectNew();
    expect(await rebuilt.left()).toEqual([]);
    const unsaid = await rebuilt.unsaid();
    expect(unsaid).toHaveLength(isKept ? 1 : 0);
    if (isKept) expect(await rebuilt.node.readFile(unsaid[0] ?? '')).toMatch(/^fixed, and proven:/m);
  });
});
