/** What services.subpathfix installs, and its check by a timer; test/systemd/k0s.test.ts runs that on a node. */
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { evaluateTable } from '../helpers/nix.ts';
import { evaluateModule, moduleRow, nodes } from '../helpers/nixos-module.ts';
import { scratchDirectory, tool } from '../helpers/tools.ts';

const { k0s } = nodes;
const scratch = await scratchDirectory();

describe('what is installed', () => {
  it('is nothing by default', async () => {
    const { check, checks, failed } = await evaluateModule(scratch, k0s, '');
    expect({ check, checks, failed }).toEqual({
      ...{ check: { unit: {}, timer: null, rules: [], packages: [] }, checks: {}, failed: [] },
    });
  });

  it('is the program, and what checks by a timer', async () => {
    const { check, units } = await evaluateModule(
      scratch,
      k0s,
      'enable = true; check.timer = "hourly"; check.onFailure = [ "mail@%n.service" ]; check.textfileDirectory = "/var/lib/metrics";',
    );
    expect(check).toMatchObject({
      packages: ['subpathfix'],
      rules: ['d /var/lib/metrics - - - -'],
      timer: { wantedBy: ['timers.target'], timerConfig: { OnCalendar: 'hourly', Persistent: true } },
      unit: { onFailure: ['mail@%n.service'], serviceConfig: { Type: 'oneshot', NoNewPrivileges: true } },
    });
    expect(units).toContain('subpathfix-check');
  });

  it.each(['', 'check.textfileDirectory = "/var/lib/metrics";'])(
    'has a script without faults %s',
    async (more) => {
      const row = await moduleRow(
        scratch,
        k0s,
        `services.subpathfix = { enable = true; check.timer = "hourly"; ${more} };`,
      );
      const [system] = await evaluateTable(scratch, [row], ['--read-write-mode']);
      await execa(tool('shellcheck'), [String(system?.check.unit.serviceConfig?.['ExecStart'])]);
    },
  );

  it('has no setting that would give it a mount namespace of its own', async () => {
    const { check } = await evaluateModule(scratch, k0s, 'enable = true; check.timer = "hourly";');
    const names = Object.keys(check.unit.serviceConfig ?? {});
    expect(names).toContain('CapabilityBoundingSet');
    // systemd.exec(5): what is done by mounts; a kubelet in another mount namespace is not this node's.
    expect(
      names.filter((name) =>
        /^(Protect|Private|ReadOnly|ReadWrite|Inaccessible|Bind|Temporary|Root|Mount|Dynamic)/.test(name),
      ),
    ).toEqual([]);
  });
});
