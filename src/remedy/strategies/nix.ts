/** What the strategies for NixOS have in common: a module, with or without an overlay that it imports. */

import overlayAdd from '../../../templates/overlay-add.nix.hbs';
import { nixString, shellQuoted } from '../../text/escape.ts';
import { wrapped } from '../../text/table.ts';
import type { PlannedFile, Step } from '../remedy.ts';
import { type Planning, probeWrapper, type Strategy, verifyStep } from './strategy.ts';

interface NixStrategy extends Pick<Strategy, 'obstacle' | 'warnings'> {
  module: PlannedFile['template'];
  overlay: PlannedFile['template'] | null;
  /** extra data for the templates, which overrides the common data */
  data?(planning: Planning): Record<string, unknown>;
  /** what a rebuild builds, as a sentence; default: the patched util-linux */
  builds?(planning: Planning): string;
  /** the steps that prove it; default: restart kubelet's unit, then verify */
  proof?: Step[];
}

/** Adds the patched util-linux to pkgs, beside the one that is there. */
export const addsUtilLinux = overlayAdd;

/** The directory of the patched util-linux, as a module names it. */
export const patchedPath = 'bin';

export const buildsUtilLinux = 'It builds only util-linuxMinimal, which takes a few minutes.';

export const moduleFile = 'subpath-fix.nix';
export const overlayFile = 'overlay.nix';

const removal =
  'take subpath-fix.nix out of imports (or modules) again, rebuild, and delete the files of this directory.';

export function nixStrategy({ module, overlay, data, builds, proof, ...rest }: NixStrategy): Strategy {
  return {
    ...rest,
    files(planning) {
      const needed = overlay ?? (planning.wrapper ? addsUtilLinux : null);
      const all = { ...dataFor(planning, needed !== null), ...data?.(planning) };
      const moduleFiles = [{ path: moduleFile, template: module, data: all }];
      // The overlay comes first: the module imports it.
      return needed ? [{ path: overlayFile, template: needed, data: all }, ...moduleFiles] : moduleFiles;
    },
    steps(planning) {
      return [
        importStep(planning, overlay !== null || planning.wrapper),
        rebuildStep(planning, builds?.(planning) ?? buildsUtilLinux),
        ...(proof ?? [restartStep(planning), verifyStep]),
        ...(planning.wrapper ? [probeWrapper] : []),
        { text: 'Remove it when evaluation warns that this nixpkgs no longer has the defect.', commands: [] },
      ];
    },
  };
}

/** What the files of `generate` call themselves, and what they tell a person to do. */
const words = {
  fix: moduleFile,
  orElse: 'put (import ./overlay.nix pkgs pkgs).util-linux-subpathfix first in it',
  useEnv: 'use --strategy env',
  otherInstead: 'generate with --strategy path or env instead',
  wrapperInstead: 'generate with --strategy wrapper instead',
};

/** The data that all Nix templates share; `module`: for the NixOS module, the condition under which it has an effect. */
function dataFor(planning: Planning, withOverlay: boolean): Record<string, unknown> {
  const { system, distribution, advisory, header, gate, strategies, wrapper } = planning;
  const { nixpkgsFix } = distribution;
  const [range] = advisory.affected.ranges;
  const { url, nixHash, names } = advisory.patch;
  return {
    ...header,
    removal,
    strategies: strategies.join(' and '),
    wrapper,
    fixNames: names,
    // Nix sorts 2.41-rc1 after 2.41 (nix(1), versions), so the lower bound is the release itself.
    introduced: range?.introduced.replace(/-rc\d+$/, ''),
    fixed: range?.fixed,
    patchName: names[0],
    patchUrl: url,
    patchHash: nixHash,
    unit: system.unit,
    unitHint: wrapped(distribution.unitHint, 90, '', ''),
    title: system.distribution,
    option: distribution.package?.option,
    nixpkgsFix: nixpkgsFix && { inPath: nixpkgsFix === 'path' },
    needsHasFix: nixpkgsFix !== undefined,
    utilLinuxVersion: withOverlay ? 'patched.version' : 'pkgs.util-linux.version',
    removable: withOverlay ? `${moduleFile} and ${overlayFile}` : moduleFile,
    overlaid: false,
    module: null,
    words,
    gate,
    gateName: 'subpath-fix',
    gateVariable: null,
    gatePath: 'service.environment.KUBELET_PATH or (valueOf "PATH")',
  };
}

function importStep({ out, source: { flake } }: Planning, hasOverlay: boolean): Step {
  const directory = out.replace(/\/+$/, '');
  const module = nixPath(`${directory}/${moduleFile}`);
  // By name: what else is in the directory may not be for git.
  const names = [...(hasOverlay ? [overlayFile] : []), moduleFile];
  const add = shellQuoted({
    file: 'git',
    args: ['add', ...names.map((name) => (directory === '.' ? name : `${directory}/${name}`))],
  });
  if (flake === true) {
    const text =
      'Import the module: add it to the modules of nixosSystem in flake.nix, and the files to git, because flakes ignore untracked files:';
    return { text, commands: [`modules = [ ${module} ];`, add] };
  }
  if (flake === false) {
    return { text: 'Import the module in configuration.nix:', commands: [`imports = [ ${module} ];`] };
  }
  return {
    text: 'Import the module. With flakes, add it to the modules of nixosSystem, and add the files to git, because flakes ignore untracked files; with channels, add it to imports in configuration.nix:',
    commands: [
      `modules = [ ${module} ];   # flake.nix`,
      add,
      `imports = [ ${module} ];   # configuration.nix`,
    ],
  };
}

function rebuildStep({ source: { flake, host } }: Planning, builds: string): Step {
  const name = host !== null && /^[\w.-]+$/.test(host) ? host : null;
  const option = `--flake .#${name ?? 'HOST'}`;
  const which = name === null ? ', where HOST is its name in nixosConfigurations' : '';
  const how = flake === null ? ` With flakes, add ${option}${which}.` : '';
  const means = flake === true && name === null ? ' HOST is its name in nixosConfigurations.' : '';
  const commands = ['test', 'switch'].map((mode) =>
    ['sudo nixos-rebuild', mode, ...(flake === true ? [option] : [])].join(' '),
  );
  return { text: `Rebuild. ${builds}${how}${means}`, commands };
}

function restartStep({ system: { unit }, distribution: { restartHint } }: Planning): Step {
  const text = `Restart kubelet, if the switch did not.${restartHint ? ` ${restartHint}` : ''}`;
  return { text, commands: [`sudo systemctl restart ${unit}`] };
}

/** The path of a file as Nix imports it: a path literal, or an expression if it cannot be one. */
function nixPath(path: string): string {
  if (/^[\w./+-]+$/.test(path)) return path.startsWith('/') ? path : `./${path.replace(/^\.\//, '')}`;
  return path.startsWith('/') ? `(/. + ${nixString(path)})` : `(./. + ${nixString(`/${path}`)})`;
}
