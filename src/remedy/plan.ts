/** From a verdict and a system to the fix. Pure. */
import type { Advisory } from '../advisory/index.ts';
import { defaultDistribution, distributions } from '../distributions/index.ts';
import { UserError } from '../errors.ts';
import { type Asked, askedFrom, choose, dropInFor, kubeletStrategy } from './choose.ts';
import type { Remedy } from './remedy.ts';
import { strategies } from './strategies/index.ts';
import type { Planning } from './strategies/strategy.ts';
import { type SystemRequest, systemOf } from './system.ts';
import { type Warning, warningsFor, workaround } from './warnings.ts';

export interface RemedyRequest extends SystemRequest, Pick<Planning, 'gate' | 'header' | 'out'> {}

/**
 * Chooses the strategy unless one is requested, and plans its files.
 * @throws {UserError} when the request cannot fix such a system
 */
export function plan(request: RemedyRequest, advisory: Advisory): Remedy {
  const { gate, header, out, withPatches = false, kubeletIsGood = false } = request;
  const { source = { flake: null, host: null } } = request;
  const asked = askedFrom(request.strategies ?? []);
  const distribution = distributions[request.distribution ?? defaultDistribution];
  const nixos = distribution.onNixos !== false && asked.strategy !== 'drop-in';
  const system = systemOf(request, nixos);
  const fixedByNixpkgs = withPatches && distribution.nixpkgsFix !== undefined;
  const reach = { system, distribution };
  const forKubelet = kubeletStrategy(reach);
  const chosen = nixos
    ? choose(asked, { ...reach, fixedByNixpkgs })
    : dropInFor(asked.strategy, system.distribution);
  const { strategy } = chosen;
  if (gate && !nixos) throw new UserError('--gate: only NixOS has system.preSwitchChecks');
  const { wrapper } = asked;
  const all = wrapper ? [strategy, 'wrapper' as const] : [strategy];
  const planning: Planning = {
    ...{ ...reach, advisory, gate, header, out, wrapper, fixedByNixpkgs, kubeletIsGood, forKubelet, source },
    strategies: all,
  };
  const { files, steps, warnings } = strategies[strategy];
  const own = [...(warnings?.(planning) ?? []), ...alreadyFixed(planning, strategy)];
  return {
    strategy,
    strategies: all,
    chosen: asked.strategy ? null : chosen.because,
    system,
    files: files(planning),
    steps: steps(planning),
    warnings: [workaround(nixos, request.permanentFix, advisory), ...warningsFor(system, own)],
  };
}

/** For a fix of kubelet that nixpkgs makes unnecessary. */
function alreadyFixed({ fixedByNixpkgs, system }: Planning, strategy: Asked['strategy']): Warning[] {
  if (!fixedByNixpkgs || strategy === 'wrapper' || strategy === 'overlay') return [];
  const text = `This nixpkgs gives kubelet of ${system.distribution} a patched util-linux itself (util-linux.withPatches): only /run/wrappers/bin/mount has the defect. Use --strategy wrapper instead`;
  return [{ code: 'fixed-by-nixpkgs', text }];
}
