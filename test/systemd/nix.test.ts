/** Every fix in every system that it is for, evaluated by the Nix of Debian trixie too. */
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { placed, rowOf } from '../helpers/eras.ts';
import { flakeArguments, flakeConfiguration } from '../helpers/flake.ts';
import { evaluateTable, nixEnvironment } from '../helpers/nix.ts';
import { moduleFixes, moduleRow, moduleSettings } from '../helpers/nixos-module.ts';
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

test('and of the NixOS module, and the flake', async () => {
  const scratch = await scratchDirectory();
  const report = (line: string) => process.stderr.write(`${line}\n`);
  const instantiate = await nixOfDisk(scratch, report);
  const rows = (project?: string) =>
    Promise.all(
      moduleFixes(scratch).map((fix) =>
        moduleRow(scratch, fix, `${moduleSettings(fix)} ${timer}`, {}, project),
      ),
    );
  const timer = 'services.subpathfix.gate.enable = true; services.subpathfix.check.timer = "hourly";';
  const here = await evaluateTable(scratch, await rows());
  const there = await evaluateTable(scratch, await rows(instantiate.project), [], instantiate);
  expect(there).toHaveLength(here.length);
  expect(here.flatMap(({ failed }) => failed)).toEqual([]);
  // The paths of the project itself differ, and with them what is made of them.
  const comparable = (systems: typeof here) =>
    systems.map(({ check: { unit: _, ...check }, checks, ...rest }) => ({
      ...rest,
      check,
      checks: Object.keys(checks),
    }));
  expect(comparable(there)).toEqual(comparable(here));

  const flake = await flakeArguments(scratch);
  const env = { ...nixEnvironment(scratch), NIX_CONFIG: flakeConfiguration, HOME: scratch };
  const nix = await nixOfDisk(scratch, report, 'nix');
  const { stdout } = await execa(
    nix.file,
    [...nix.args, 'flake', 'show', '--json', '--all-systems', ...flake],
    { env },
  );
  expect(JSON.parse(stdout)).toMatchObject({
    packages: {
      'aarch64-linux': { default: { type: 'derivation', name: expect.stringMatching(/^subpathfix-/) } },
    },
    nixosModules: { default: { type: 'nixos-module' } },
  });
  await execa(nix.file, [...nix.args, 'flake', 'check', '--no-build', '--all-systems', ...flake], { env });
});
