/**
 * What is written about the module, and the test of a virtual machine as far as it can be evaluated. To update
 * docs/nixos-options.md: npx vitest run test/packaging/documentation.test.ts -u.
 */
import path from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { nixEnvironment } from '../helpers/nix.ts';
import { root, scratchDirectory, tool } from '../helpers/tools.ts';

const scratch = await scratchDirectory();

async function evaluate(expression: string): Promise<unknown> {
  const args = ['--eval', '--strict', '--json', '--expr', expression];
  return JSON.parse(
    (await execa(tool('nix-instantiate'), args, { env: nixEnvironment(scratch), cwd: root })).stdout,
  );
}

it('docs/nixos-options.md is in step with the options', async () => {
  const text = await evaluate(`
    let lib = import ./test/nix/lib.nix;
    in import ./nix/options.nix { lib = lib // { inherit (import ./test/nix/modules.nix lib) types; }; }
  `);
  await expect(text).toMatchFileSnapshot(path.join(root, 'docs/nixos-options.md'));
});

it('nix/tests/k0s.nix evaluates: an affected node, and both fixes', async () => {
  const { script, base, generated, module } = (await evaluate(`
    let
      pkgs = import ./test/nix { era = "2026-08"; };
      inherit (pkgs) lib;
      test = import ./nix/tests/k0s.nix {
        inherit pkgs;
        k0s-nix = toString ./test/nix/k0s-nix;
        subpathfix = pkgs.callPackage ./nix/package.nix { };
        fix = toString ./examples/k0s-flake/fix;
      };
      result = config: {
        failed = map (each: each.message) (lib.filter (each: !each.assertion) config.assertions);
        kubelet = (import ./test/nix/kubelet.nix lib config "k0s" "k0s").state;
        gates = builtins.attrNames config.system.preSwitchChecks;
      };
      inherit (test.nodes) machine;
    in
    { script = test.testScript; base = result machine.base; } // builtins.mapAttrs (_: result) machine.specialisations
  `)) as Record<string, string>;
  expect(base).toEqual({ failed: [], kubelet: 'affected', gates: [] });
  expect([generated, module]).toEqual(
    Array(2).fill({ failed: [], kubelet: 'fixed', gates: ['subpath-fix'] }),
  );
  await execa(tool('python3'), ['-c', 'import ast, sys; ast.parse(sys.stdin.read())'], {
    input: script ?? '',
  });
});
