/** The flake, by the Nix of this machine; test/systemd/nix.test.ts evaluates it with a newer one. */
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { flakeArguments, flakeConfiguration } from '../helpers/flake.ts';
import { nixEnvironment } from '../helpers/nix.ts';
import { root, scratchDirectory, tool } from '../helpers/tools.ts';

const scratch = await scratchDirectory();
const options = { env: { ...nixEnvironment(scratch), NIX_CONFIG: flakeConfiguration, HOME: scratch } };
const flake = await flakeArguments(scratch);

it('shows what it has for each system', async () => {
  const { stdout } = await execa(tool('nix'), ['flake', 'show', '--json', ...flake], options);
  const system = { default: { type: 'derivation', name: expect.stringMatching(/^subpathfix-\d/) } };
  expect(JSON.parse(stdout)).toMatchObject({
    packages: { 'x86_64-linux': system, 'aarch64-linux': system },
    apps: { 'x86_64-linux': { default: { type: 'app' } } },
    devShells: { 'x86_64-linux': { default: { type: 'derivation' } } },
    overlays: { default: { type: 'nixpkgs-overlay' } },
    nixosModules: { default: { type: 'nixos-module' } },
  });
});

it('passes its checks, as far as they are evaluated', async () => {
  await execa(tool('nix'), ['flake', 'check', '--no-build', ...flake], options);
});

it('has the same without flakes', async () => {
  const expression = `
    let
      pkgs = import ./test/nix { };
      project = import ./. { inherit pkgs; };
      overlaid = import ./test/nix { overlays = [ project.overlay ]; };
    in
    {
      names = builtins.attrNames project;
      same = project.subpathfix.outPath == overlaid.subpathfix.outPath;
      module = builtins.isFunction (import project.module);
    }
  `;
  const args = ['--eval', '--strict', '--json', '--expr', expression];
  const { stdout } = await execa(tool('nix-instantiate'), args, { ...options, cwd: root });
  expect(JSON.parse(stdout)).toEqual({
    names: ['module', 'overlay', 'subpathfix'],
    ...{ same: true, module: true },
  });
});
