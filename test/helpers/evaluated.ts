/** A fix in one system, beside what its user has. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { caseNamed } from './cases.ts';
import { eras, type Placed, rowOf } from './eras.ts';
import { type Evaluated, evaluateTable, type Row } from './nix.ts';

let number = 0;

/**
 * Evaluates a fix beside a user's own definitions.
 * @param name of a case
 * @returns what it came to, and the directory with the files of the fix
 */
export async function evaluated(
  scratch: string,
  name: string,
  era: string,
  { user = '{ }', ...other }: Partial<Row> & { user?: string } = {},
): Promise<Evaluated & { directory: string }> {
  const tested = caseNamed(name);
  const when = eras[tested.distribution]?.find((candidate) => candidate.era === era);
  if (!when) throw new Error(`no era ${era} of ${tested.distribution}`);
  const directory = path.join(scratch, `fix-${number++}`);
  const file = `${directory}.nix`;
  await writeFile(file, `{ lib, pkgs, ... }: ${user}\n`);
  const unit = when.unit ?? (tested.role === 'worker' ? 'k0sworker' : 'k0scontroller');
  const units = { k0s: unit, k3s: 'k3s', rke2: `rke2-${tested.role}`, kubernetes: 'kubelet', microk8s: '' };
  const fix: Placed = { ...tested, ...when, unit: units[tested.distribution], directory };
  const [result] = await evaluateTable(scratch, [await rowOf(fix, { ...other, modules: [file] })]);
  if (!result) throw new Error('nothing was evaluated');
  return { ...result, directory };
}
