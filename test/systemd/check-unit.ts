/** subpathfix-check.service of nix/module.nix, on a node. */
import { readFile } from 'node:fs/promises';
import { evaluateTable } from '../helpers/nix.ts';
import { moduleRow } from '../helpers/nixos-module.ts';
import type { SystemdNode } from './node.ts';

export const metrics = '/var/lib/metrics';
const script = '/usr/local/lib/subpathfix-check';

/** Writes the unit as the module has it, its script with the node's programs, and what systemd-tmpfiles would make. */
export async function installCheckUnit(node: SystemdNode, scratch: string): Promise<void> {
  const [system] = await evaluateTable(
    scratch,
    [
      await moduleRow(
        scratch,
        { distribution: 'k0s', role: 'single', unit: 'k0s', era: '2026-08', variant: 'bare-2.41' },
        `services.subpathfix = { enable = true; check = { timer = "hourly"; textfileDirectory = "${metrics}"; }; };`,
      ),
    ],
    ['--read-write-mode'],
  );
  const { ExecStart, ...settings } = system?.check.unit.serviceConfig ?? {};
  const text = await readFile(String(ExecStart), 'utf8');
  await node.writeFile(script, text.replaceAll(/\S+\/bin\/subpathfix(?= )/g, 'subpathfix'), 0o755);
  const lines = Object.entries({ ...settings, ExecStart: script }).flatMap(([name, value]) =>
    [value].flat().map((each) => `${name}=${each}`),
  );
  await node.writeFile('/etc/systemd/system/subpathfix-check.service', `[Service]\n${lines.join('\n')}\n`);
  await node.run(['systemctl', 'daemon-reload']);
  await node.run(['install', '-d', metrics]);
}

/** Runs it once. */
export async function runCheckUnit(
  node: SystemdNode,
): Promise<{ status: number; metrics: string | null; journal: string }> {
  await node.attempt(['systemctl', 'start', 'subpathfix-check']);
  const show = ['systemctl', 'show', '--value', '--property=ExecMainStatus', 'subpathfix-check'];
  const status = Number(await node.run(show));
  const file = await node.attempt(['cat', `${metrics}/subpathfix.prom`]);
  const journal = await node.journal('subpathfix-check');
  return { status, metrics: file.exitCode === 0 ? file.stdout : null, journal };
}
