/** From a verdict and a system to the cure. Pure. */
import type { Advisory } from '../advisory/index.ts';
import { distros } from './distros.ts';
import type { PlannedFile, Remedy, StrategyName } from './remedy.ts';
import { stepsFor, warningsFor } from './steps.ts';
import { RequestError, type System, type SystemRequest, systemOf } from './system.ts';

export interface RemedyRequest extends SystemRequest {
  strategy?: StrategyName;
  gate: boolean;
  /** what the files say of themselves */
  header: { version: string; command: string; why: string };
  /** the directory that they go into, for the steps */
  out: string;
}

/**
 * Chooses the strategy where none is asked for, and plans its files.
 * @throws {RequestError} when what is asked for cannot cure such a system
 */
export function plan(request: RemedyRequest, advisory: Advisory): Remedy {
  const nixos = request.strategy !== 'drop-in';
  const system = systemOf(request, nixos);
  const { strategy, chosen } = choose(request.strategy, system);
  if (request.gate && !nixos) throw new RequestError('--gate: system.preSwitchChecks is NixOS alone');
  const files = strategies[strategy](system, request, advisory);
  const remedy = { strategy, chosen, system, files };
  return {
    ...remedy,
    steps: stepsFor(remedy, request.out),
    warnings: warningsFor(remedy, advisory),
  };
}

/** A strategy that reaches kubelet on this system; the one asked for, or the smallest. */
function choose(asked: StrategyName | undefined, system: System): Pick<Remedy, 'strategy' | 'chosen'> {
  const { distro, packageWrapped } = system;
  // Only k0s hands kubelet a PATH of its own; elsewhere a wrapper's prefix shadows what the unit says.
  const shadowed = distro !== 'k0s' && packageWrapped !== 'no';
  const callable = distros[distro].packageOption !== null;
  if (asked === undefined) {
    if (!shadowed) return { strategy: 'path', chosen: `the unit's PATH reaches kubelet of ${distro}` };
    if (callable) {
      return {
        strategy: 'package',
        chosen: `the package of ${distro} puts its own util-linux in front of the unit's PATH`,
      };
    }
    return {
      strategy: 'env',
      chosen: `the package of ${distro} may put its own util-linux in front of the unit's PATH`,
    };
  }
  if (asked === 'path' && shadowed) {
    const instead = callable ? '--strategy package or --strategy env' : '--strategy env';
    throw new RequestError(
      `--strategy path does not reach kubelet of ${distro}: its package puts its own util-linux in front of the unit's PATH. ` +
        `Use ${instead}, or say --package-wrapped no`,
    );
  }
  if (asked === 'package' && !callable) {
    throw new RequestError(
      `--strategy package: the package of ${distro} takes no util-linux. Use --strategy path`,
    );
  }
  return { strategy: asked, chosen: null };
}

type Strategy = (system: System, request: RemedyRequest, advisory: Advisory) => PlannedFile[];

/** What every Nix file is told of the defect. */
function defect({ header }: RemedyRequest, advisory: Advisory): Record<string, unknown> {
  const [range] = advisory.affected.ranges;
  const { url, nixHash, names } = advisory.patch;
  return {
    ...header,
    fixNames: names,
    // Nix sorts 2.41-rc1 after 2.41 (nix(1), versions), so that its lower bound is the release itself.
    introduced: range?.introduced.replace(/-rc\d+$/, ''),
    fixed: range?.fixed,
    patchName: names[0],
    patchUrl: url,
    patchHash: nixHash,
  };
}

const kubeletPath = 'service.environment.KUBELET_PATH or service.environment.PATH or ""';
const patchedPath = 'lib.makeBinPath [ pkgs.util-linux-subpathfix ]';

/** A module with its overlay, or without one. */
function nixFiles(
  module: PlannedFile['template'],
  overlay: PlannedFile['template'] | null,
  own: (system: System, advisory: Advisory) => Record<string, unknown>,
): Strategy {
  return (system, request, advisory) => {
    const shared = defect(request, advisory);
    const { unit, distro } = system;
    const { unitHint, packageOption } = distros[distro];
    const data = {
      ...shared,
      unit,
      unitHint,
      title: distro,
      option: packageOption,
      gate: request.gate,
      gateVariable: null,
      ...own(system, advisory),
    };
    const files: PlannedFile[] = [{ path: 'subpath-fix.nix', template: module, data }];
    // The overlay comes first: the module imports it.
    if (overlay) files.unshift({ path: 'overlay.nix', template: overlay, data: shared });
    return files;
  };
}

/** The environment of kubelet that makes libmount use mount(2). */
function variable({ distro }: System, advisory: Advisory): { variable: string; value: string } {
  const { variable: name, value } = advisory.environment;
  return { variable: `${distros[distro].kubeletPrefix}${name}`, value };
}

const componentPaths = {
  yes: "The k0s package is wrapped: its own util-linux comes before the unit's PATH. k0s takes the prefix off and gives kubelet this as its PATH, which the wrapper does not shadow.",
  unknown:
    "Whether the k0s package is wrapped is not known; a wrapper's util-linux would come before the unit's PATH. k0s takes the prefix off and gives kubelet this as its PATH, which a wrapper does not shadow.",
  no: null,
};

const strategies: Record<StrategyName, Strategy> = {
  path: nixFiles('module-path.nix', 'overlay-add.nix', ({ distro, packageWrapped }) => ({
    componentPath: distro === 'k0s' ? componentPaths[packageWrapped] : null,
    gatePath: kubeletPath,
  })),
  env: nixFiles('module-env.nix', null, (system, advisory) => ({
    ...variable(system, advisory),
    gatePath: kubeletPath,
    gateVariable: `${advisory.environment.variable}=${advisory.environment.value}`,
  })),
  package: nixFiles('module-package.nix', 'overlay-add.nix', ({ distro }) => ({
    rewrap: distro === 'k0s',
    gatePath: patchedPath,
  })),
  wrapper: nixFiles('module-wrapper.nix', 'overlay-add.nix', () => ({ gatePath: patchedPath })),
  overlay: nixFiles('module-overlay.nix', 'overlay-replace.nix', () => ({ gatePath: kubeletPath })),
  'drop-in': (system, { header }, advisory) => [
    {
      path: `${system.unit}.service.d/50-subpathfix.conf`,
      template: 'drop-in.conf',
      data: { ...header, title: system.distro, ...variable(system, advisory) },
    },
  ],
};
