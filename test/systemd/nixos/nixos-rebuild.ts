/**
 * Stand-in for nixos-rebuild on a node. It evaluates the configuration with the real Nix, in the module system of the
 * tests, and makes a system of what that says: the unit of kubelet, the wrapper of its program and the checks before
 * a switch. Store, profile and generations are Nix' own, and so is how a system is switched to. What it does not know
 * it refuses.
 *
 *   nixos-rebuild build|test|switch|boot [-f FILE] [--store-path PATH]
 *   nixos-rebuild --help
 */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { unitText, wrapperText } from '../units.ts';
import type { Flavour, Variant } from '../variants.ts';

export interface Configuration {
  /** With subpath-fix.nix, as the generated module is called. */
  directory: string;
  /** The state of util-linux in nixpkgs: a name of test/nix/default.nix. */
  nixpkgs: string;
  variant: Variant;
  /** The program of the variant, not wrapped. */
  program: string;
  mounts: Record<Flavour, string>;
  shell: string;
  /** Variables that every unit has. */
  environment: Record<string, string>;
  /** False: a switch leaves the unit of kubelet as it runs. */
  restartIfChanged?: boolean;
}

interface Evaluated {
  environment: Record<string, string>;
  failed: string[];
  checks: Record<string, string>;
  package: { utilLinux: string | null; postBuild: string | null } | null;
}

const here = import.meta.dirname;
const PROFILE = '/nix/var/nix/profiles/system';
const DEFAULT_FILE = '/etc/nixos/configuration.json';

class Refusal extends Error {}

function run(file: string, ...args: string[]): string {
  return execFileSync(file, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim();
}

function main(): void {
  const [mode = '', ...options] = process.argv.slice(2);
  const knowsStorePath = existsSync(join(here, 'knows-store-path'));
  if (mode === '--help') {
    process.stdout.write(manual(knowsStorePath));
    return;
  }
  if (!['build', 'test', 'switch', 'boot'].includes(mode)) throw new Refusal(`unknown operation '${mode}'`);
  const system = systemOf(options, knowsStorePath);
  if (mode === 'build') {
    run('nix-store', '--add-root', 'result', '--realise', system);
    return;
  }
  if (mode !== 'test') run('nix-env', '--profile', PROFILE, '--set', system);
  const unit = [
    '--unit=nixos-rebuild-switch-to-configuration',
    '--collect',
    '--no-ask-password',
    '--pipe',
    '--quiet',
  ];
  const variables = ['--setenv=NIXOS_NO_CHECK', '--service-type=exec', '--wait'];
  execFileSync('systemd-run', [...unit, ...variables, `${system}/bin/switch-to-configuration`, mode], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
}

/** As man prints the real one, bold by overstriking. */
function manual(knowsStorePath: boolean): string {
  const bold = (text: string) => text.replace(/./g, '$&\b$&');
  const synopsis = knowsStorePath ? `[${bold('--store-path')} path] ` : '';
  return `NAME\n     nixos-rebuild - reconfigure a NixOS machine\n\nSYNOPSIS\n     ${synopsis}[${bold('--file')} path]\n`;
}

/** The system that the options name, built where it has to be. */
function systemOf([option, value, ...rest]: string[], knowsStorePath: boolean): string {
  if (option === '--store-path' && knowsStorePath && value !== undefined && rest.length === 0) return value;
  if (option !== undefined && option !== '-f') throw new Refusal(`unknown option \`${option}'`);
  if ((option === '-f' && value === undefined) || rest.length > 0) throw new Refusal('usage: -f FILE');
  process.stderr.write('building the system configuration...\n');
  return build(JSON.parse(readFileSync(value ?? DEFAULT_FILE, 'utf8')) as Configuration);
}

function build(configuration: Configuration): string {
  const { variant, mounts } = configuration;
  const evaluated = evaluate(configuration);
  if (evaluated.failed.length > 0)
    throw new Refusal(`Failed assertions:\n- ${evaluated.failed.join('\n- ')}`);
  standFor(JSON.stringify(evaluated), mounts);

  const { PATH = '', ...others } = evaluated.environment;
  const environment = { ...configuration.environment, ...others, PATH: `${PATH}:/usr/bin:/usr/sbin` };
  const program = wrap(configuration, prefixOf(configuration, evaluated));
  const checks = Object.values(evaluated.checks).map((text) => `(\n${text}\n)\n`);
  return addToStore('nixos-system-node-25.05.803579.70c74b02eac4', (dir) => {
    const unit = unitText(variant, { environment, program });
    const service =
      configuration.restartIfChanged === false ? '[Service]\nX-RestartIfChanged=false' : '[Service]';
    put(join(dir, `etc/systemd/system/${variant.unit}.service`), unit.replace('[Service]', service));
    put(
      join(dir, 'pre-switch-checks'),
      `#!/bin/bash\nset -o errexit -o nounset -o pipefail\n${checks.join('')}`,
      0o755,
    );
    put(join(dir, 'nixos-version'), '25.05.803579.70c74b02eac4');
    mkdirSync(join(dir, 'bin'));
    cpSync(join(here, 'switch-to-configuration'), join(dir, 'bin/switch-to-configuration'));
  });
}

function evaluate({ directory, variant, nixpkgs }: Configuration): Evaluated {
  const strings = Object.entries({
    directory,
    distro: variant.distribution,
    unit: variant.unit,
    variant: nixpkgs,
  });
  const args = strings.flatMap(([name, value]) => ['--argstr', name, value]);
  const file = join(here, 'nix/evaluate.nix');
  return JSON.parse(
    run('nix-instantiate', '--eval', '--read-write-mode', '--strict', '--json', file, ...args),
  ) as Evaluated;
}

/** The tests' packages have paths without content: gives them the node's two mounts, and the programs that are named. */
function standFor(text: string, mounts: Record<Flavour, string>): void {
  for (const [, path = '', program = ''] of text.matchAll(/(\/nix\/store\/[\w.+-]+)(?:\/bin\/(\w+))?/g)) {
    if (path.includes('util-linux')) {
      const version = /-(\d[\d.]*)/.exec(path)?.[1];
      const isGood = version !== '2.41' || /fix-mount-regression|libmount/.test(path);
      if (!existsSync(path)) symlinkSync(dirname(mounts[isGood ? 'good' : 'affected']), path);
    } else if (statSync(path, { throwIfNoEntry: false })?.isFile()) {
      // A script, of which their writeShellScript makes a text.
      chmodSync(path, 0o555);
      standFor(readFileSync(path, 'utf8'), mounts);
    } else if (program !== '' && !existsSync(`${path}/bin/${program}`)) {
      mkdirSync(`${path}/bin`, { recursive: true });
      symlinkSync(`/usr/bin/${program}`, `${path}/bin/${program}`);
    }
  }
}

/** What the program's package puts before PATH, if anything: in the configuration, or as the variant has it. */
function prefixOf({ variant, mounts }: Configuration, { package: made }: Evaluated): string | undefined {
  const configured = /--prefix PATH : "([^":]+)/.exec(made?.postBuild ?? '')?.[1];
  if (configured !== undefined) return configured;
  if (variant.wrapper === undefined) return undefined;
  return made?.utilLinux ? `${made.utilLinux}-bin/bin` : mounts[variant.wrapper];
}

function wrap({ variant, program, shell }: Configuration, prefix: string | undefined): string {
  if (prefix === undefined) return program;
  const path = addToStore(`${variant.distribution}-wrapped`, (dir) =>
    put(join(dir, 'bin', variant.distribution), wrapperText(shell, prefix, program), 0o755),
  );
  return join(path, 'bin', variant.distribution);
}

/** A path of the store with that name and content. */
function addToStore(name: string, fill: (dir: string) => void): string {
  const scratch = mkdtempSync(join(tmpdir(), 'nixos-rebuild-'));
  try {
    mkdirSync(join(scratch, name));
    fill(join(scratch, name));
    return run('nix-store', '--add', join(scratch, name));
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

function put(file: string, content: string, mode = 0o644): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content, { mode });
}

try {
  main();
} catch (error) {
  // A program that has failed has said why.
  if (error instanceof Refusal) process.stderr.write(`error: ${error.message}\n`);
  else if (error instanceof Error && !('status' in error)) process.stderr.write(`error: ${error.stack}\n`);
  process.exitCode = 1;
}
