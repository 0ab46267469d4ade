import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { nodesOfWorker } from './fixture.ts';
import { RebuiltNode } from './rebuilding.ts';
import { VARIANTS, type Variant } from './variants.ts';

/** What was tested is what is activated, and the way back. nixos-rebuild alone is a stand-in, of both kinds. */

const [index] = await nodesOfWorker();
const SWITCH = ['verify', '--rebuild', 'switch', '--timeout', '30'];

interface Report {
  outcome: { state: string; because: string };
  phases: { name: string; state: string; because: string }[];
  undone: { name: string; state: string; because: string }[];
  advice: { code: string; command?: string }[];
}
const builtIn = ({ phases }: Report): string => /\/nix\/store\/\S+/.exec(phases[0]?.because ?? '')?.[0] ?? '';

let rebuilt: RebuiltNode;
function onNode(variant: Variant, storePath: boolean): void {
  beforeAll(async () => {
    rebuilt = await RebuiltNode.start(index, variant, storePath);
    return () => rebuilt.node.stop();
  });
  afterEach(async () => await rebuilt.reset());
}

/** What JSON says of a run that was told to rebuild. */
async function report(...args: string[]) {
  const { exitCode, stdout, stderr } = await rebuilt.subpathfix(...args, '--json');
  expect(stderr).toBe('');
  return { exitCode, document: JSON.parse(stdout) as Report };
}

function testBothWays(): void {
  test('the system that was tested is activated, whatever the configuration says by then', async () => {
    await rebuilt.configure('fixed');
    const change = `cp /root/first.json /etc/nixos/configuration.json; echo '{ }' >/etc/nixos/subpath-fix.nix`;
    const { exitCode, stdout, stderr } = await rebuilt.when(
      'test the mount that the new system',
      change,
      ...SWITCH,
      '--rollback',
    );
    expect(stdout, stderr).toMatch(/^fixed, and proven: /);
    expect(exitCode).toBe(0);
    const built = /built (\S+)/.exec(stdout)?.[1];
    expect(built).not.toBe(rebuilt.first);
    expect(await rebuilt.state()).toMatchObject({ running: built, next: built });
    expect((await rebuilt.state()).kubelet).toContain('fix-mount-regression');
    expect([await rebuilt.left(), await rebuilt.unsaid()]).toEqual([[], []]);
  });

  test('a defect that is still there is rolled back, and kubelet has what it had', async () => {
    const { kubelet } = await rebuilt.state();
    await rebuilt.configure('affected');
    const { exitCode, document } = await report(...SWITCH, '--skip', 'gate,smoke', '--rollback');
    expect(document.outcome).toMatchObject({ state: 'affected' });
    expect(document.undone.map(({ name, state }) => `${name} ${state}`)).toEqual([
      ...['activate passed', 'rebuild passed', 'probe affected'],
    ]);
    expect(document.undone[0]?.because).toBe(`back to ${rebuilt.first}`);
    expect(exitCode).toBe(4);
    expect(builtIn(document)).not.toBe(rebuilt.first);
    const { first } = rebuilt;
    expect(await rebuilt.state()).toEqual({ running: first, next: first, kubelet });
    expect([await rebuilt.left(), await rebuilt.unsaid()]).toEqual([[], []]);
  });
}

describe('k0s', () => {
  onNode(VARIANTS.k0s, true);
  testBothWays();
});

describe.each([
  { kind: 'knows --store-path', storePath: true },
  { kind: 'does not know --store-path', storePath: false },
])('with a nixos-rebuild that $kind', ({ storePath }) => {
  onNode(VARIANTS.kubernetes, storePath);
  testBothWays();

  test('without --rollback it stays', async () => {
    await rebuilt.configure('affected');
    const { exitCode, document } = await report(...SWITCH, '--skip', 'gate,smoke');
    expect([exitCode, document.outcome.state, document.undone]).toEqual([4, 'affected', []]);
    expect(await rebuilt.state()).toMatchObject({ running: builtIn(document), next: builtIn(document) });
    expect(await rebuilt.left()).toEqual([]);
  });

  test('`test` leaves the profile alone, `boot` the running system', async () => {
    await rebuilt.configure('fixed');
    const { first } = rebuilt;
    const tested = await report('verify', '--rebuild', 'test', '--skip', 'smoke', '--rollback');
    const built = builtIn(tested.document);
    expect(await rebuilt.state()).toMatchObject({ running: built, next: first });
    await rebuilt.reset();
    const { exitCode, document } = await report('verify', '--rebuild', 'boot', '--rollback');
    expect(document.advice).toMatchObject([{ code: 'reboot' }]);
    expect([exitCode, builtIn(document)]).toEqual([3, built]);
    expect(await rebuilt.state()).toMatchObject({ running: first, next: built });
    expect(await rebuilt.left()).toEqual([]);
  });

  test('a kubelet that only lacks a restart is no reason to go back; --restart restarts it', async () => {
    await rebuilt.configure('fixed', { restartIfChanged: false });
    const args = [...SWITCH, '--skip', 'smoke', '--rollback'];
    const { exitCode, document } = await report(...args);
    expect(document.advice).toMatchObject([
      { code: 'restart-kubelet', command: 'sudo systemctl restart kubelet' },
    ]);
    expect(document.undone).toEqual([]);
    expect(exitCode).not.toBe(0);
    const { running, kubelet } = await rebuilt.state();
    expect(running).toBe(builtIn(document));
    expect(kubelet).not.toContain('fix-mount-regression');
    await rebuilt.reset();

    const restarted = await report(...args, '--restart');
    expect(restarted.document.outcome).toMatchObject({ state: 'proven' });
    expect((await rebuilt.state()).kubelet).toContain('fix-mount-regression');
    expect(await rebuilt.left()).toEqual([]);
  });

  test('a kubelet that no switch restarts is restarted on the way back, too', async () => {
    const { node } = rebuilt;
    await rebuilt.configure('affected', { restartIfChanged: false });
    await node.run(['nixos-rebuild', 'switch']);
    await node.run(['systemctl', 'restart', 'kubelet']);
    await rebuilt.kubernetes.untilReady();
    const before = await rebuilt.state();
    await rebuilt.configure('fixed', { restartIfChanged: false });
    const args = [...SWITCH, '--restart', '--rollback'];
    const { exitCode, stderr } = await rebuilt.when('run a pod with subPaths', 'kill -TERM "$pid"', ...args);
    expect(stderr).toMatch(/^ +\+ systemctl restart kubelet\.service$/m);
    expect(exitCode).toBe(143);
    expect(await rebuilt.state()).toEqual(before);
  });
});
