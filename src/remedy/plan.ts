/** From a verdict and a system to the fix. Pure. */
import type { Advisory } from '../advisory/index.ts';
import { defaultDistribution, distributions } from '../distributions/index.ts';
import { UserError } from '../errors.ts';
import type { Remedy } from './remedy.ts';
import { strategies } from './strategies/index.ts';
import type { Planning } from './strategies/strategy.ts';
import { type SystemRequest, systemOf } from './system.ts';
import { warningsFor } from './warnings.ts';

export interface RemedyRequest extends SystemRequest, Pick<Planning, 'gate' | 'header' | 'out'> {}

/**
 * Chooses the strategy unless one is requested, and plans its files.
 * @throws {UserError} when the request cannot fix such a system
 */
export function plan(request: RemedyRequest, advisory: Advisory): Remedy {
  const { strategy: asked, gate, header, out } = request;
  const distribution = distributions[request.distribution ?? defaultDistribution];
  const nixos = distribution.onNixos !== false && asked !== 'drop-in';
  const system = systemOf(request, nixos);
  const planning = { system, distribution, advisory, gate, header, out };
  const { strategy, because } = nixos ? choose(asked, planning) : dropInFor(asked, system.distribution);
  if (gate && !nixos) throw new UserError('--gate: only NixOS has system.preSwitchChecks');
  const { files, steps, warnings } = strategies[strategy];
  return {
    strategy,
    chosen: asked ? null : because,
    system,
    files: files(planning),
    steps: steps(planning),
    warnings: warningsFor(system, warnings?.(system) ?? [], advisory),
  };
}

/** The strategies for NixOS that fix kubelet alone; the first that reaches it is chosen. */
const preferred = ['path', 'package', 'env'] as const;

type Choice = Pick<Remedy, 'strategy'> & { because: string };

/** A strategy that reaches kubelet on this system: the requested one, or the smallest. */
function choose(asked: SystemRequest['strategy'], planning: Planning): Choice {
  const { distribution } = planning.system;
  const obstacle = (name: Remedy['strategy']) => strategies[name].obstacle?.(planning) ?? null;
  const found = obstacle(asked ?? 'path');
  if (!found)
    return { strategy: asked ?? 'path', because: `the unit's PATH reaches kubelet of ${distribution}` };
  const reaching = preferred.filter((name) => obstacle(name) === null);
  const reason = `does not reach kubelet of ${distribution}: ${found.why}`;
  if (!asked) return { strategy: reaching[0] ?? 'env', because: `the unit's PATH ${reason}` };
  const instead = reaching.map((name) => `--strategy ${name}`);
  if (found.unless !== undefined) instead.push(found.unless);
  throw new UserError(`--strategy ${asked} ${reason}. Use ${instead.join(' or ')}`);
}

function dropInFor(asked: SystemRequest['strategy'], distribution: string): Choice {
  const because = `NixOS has no module for ${distribution}`;
  if (!asked || asked === 'drop-in') return { strategy: 'drop-in', because };
  throw new UserError(`--strategy ${asked}: ${because}. Use --strategy drop-in`);
}
