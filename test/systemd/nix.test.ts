/** Every fix in every system that it is for, evaluated by the Nix of Debian trixie too. */
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { placed, rowOf } from '../helpers/eras.ts';
import { evaluateTable, nixEnvironment } from '../helpers/nix.ts';
import { scratchDirectory } from '../helpers/tools.ts';
import { nixOfDisk } from './nix.ts';

test('2.26 evaluates what the Nix of this machine does', async () => {
  const scratch = await scratchDirectory();
  const nix = await nixOfDisk(scratch, (line) => process.stderr.write(`${line}\n`));
  const { stdout } = await execa(nix.file, [...nix.args, '--version'], { env: nixEnvironment(scratch) });
  expect(stdout).toMatch(/^nix-instantiate \(Nix\) 2\.26\./);

  const rows = await Promise.all(placed(scratch).map((fix) => rowOf(fix)));
  const here = await evaluateTable(scratch, rows);
  const there = await evaluateTable(scratch, rows, [], nix);
  process.stdout.write(`evaluated by ${stdout}: ${there.length} systems\n`);
  expect(there).toHaveLength(rows.length);
  expect(there).toEqual(here);
});
