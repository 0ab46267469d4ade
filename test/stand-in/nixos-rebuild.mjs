#!/usr/bin/env node
/**
 * Stand-in for nixos-rebuild on a machine without NixOS. It evaluates the configuration with the real Nix (the
 * generated module in the module system of the tests), and builds a small closure from what that says: the
 * unit of kubelet with its PATH, and a switch-to-configuration that links it and restarts kubelet.
 * What it does not know it refuses.
 *
 *   nixos-rebuild build|test|switch|boot -f FILE
 *
 * FILE is JSON: { directory, distro, unit, variant, stores: { "<store path>": "<directory>" }, restart: [ARGS], program }.
 * `stores` says which real directory stands for a directory of the store; `restart` is the command that starts
 * kubelet anew, with the first directory of its PATH as last argument; `program` is what the unit starts (default:
 * /usr/bin/UNIT).
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const [mode, option, file, ...rest] = process.argv.slice(2);
const refuse = (why) => {
  process.stderr.write(`error: ${why}\n`);
  process.exit(1);
};
if (!['build', 'test', 'switch', 'boot'].includes(mode)) refuse(`unknown operation '${mode}'`);
if (option !== '-f' || !file || rest.length > 0)
  refuse(`unknown arguments ${process.argv.slice(3).join(' ')}`);

const given = JSON.parse(readFileSync(file, 'utf8'));
const { directory, distro, unit, variant, stores, restart, program = `/usr/bin/${unit}` } = given;
process.stderr.write('building the system configuration...\n');
const evaluate = path.resolve(import.meta.dirname, '../nix/evaluate.nix');
const strings = Object.entries({ directory, distro, unit, variant }).flatMap(([name, value]) => [
  '--argstr',
  name,
  value,
]);
const scratch = path.join(os.tmpdir(), 'subpathfix-stand-in-nix');
const evaluated = JSON.parse(
  execFileSync('nix-instantiate', ['--eval', '--strict', '--json', evaluate, ...strings], {
    env: {
      ...process.env,
      NIX_STORE_DIR: `${scratch}/store`,
      NIX_STATE_DIR: `${scratch}/state`,
      NIX_REMOTE: '',
    },
  }),
);
if (evaluated.failed.length > 0) refuse(`Failed assertions:\n- ${evaluated.failed.join('\n- ')}`);

/** A directory of the store by the real one that stands for it; a name of the evaluation holds its patches. */
const real = (entry) => {
  const found = Object.entries(stores).find(([pattern]) => new RegExp(pattern).test(entry));
  return found ? found[1] : entry;
};
const searchPath = evaluated.environment.PATH.split(':').map(real).join(':');
const closure = path.join(
  path.dirname(file),
  `closure-${Buffer.from(searchPath).toString('base64url').slice(-40)}`,
);
const units = path.join(closure, 'etc/systemd/system');
mkdirSync(units, { recursive: true });
mkdirSync(path.join(closure, 'bin'), { recursive: true });
writeFileSync(
  path.join(units, `${unit}.service`),
  `[Service]\nEnvironment="PATH=${searchPath}:/usr/sbin:/usr/bin:/sbin:/bin"\nExecStart=${program}\n`,
);
const activate = path.join(closure, 'bin/switch-to-configuration');
writeFileSync(
  activate,
  `#!/bin/sh
set -e
case "$1" in
  dry-activate) echo "would restart the following units: ${unit}.service" ;;
  boot) ;;
  test|switch)
    ln -sfn ${closure} /run/current-system
    ln -sfn ${units}/${unit}.service /etc/systemd/system/${unit}.service
    exec ${[...restart, searchPath.split(':')[0]].map((word) => `'${word}'`).join(' ')}
    ;;
  *) echo "unknown action $1" >&2; exit 1 ;;
esac
`,
);
chmodSync(activate, 0o755);
if (mode === 'build') symlinkSync(closure, 'result');
else execFileSync(activate, [mode], { stdio: 'inherit' });
