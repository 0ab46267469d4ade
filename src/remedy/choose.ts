/** Which strategies go together, and which one reaches kubelet of a system. Pure. */
import type { StrategyName } from '../distributions/distribution.ts';
import { UserError } from '../errors.ts';
import { strategies } from './strategies/index.ts';
import type { Reach } from './strategies/strategy.ts';

/** What was asked for: a strategy, and whether its files also fix /run/wrappers/bin/mount. */
export interface Asked {
  strategy: StrategyName | undefined;
  wrapper: boolean;
}

type Choice = { strategy: StrategyName; because: string };

/** The strategies for NixOS that fix kubelet alone; the first that reaches it is chosen. */
const preferred = ['path', 'package', 'env'] as const;

/** @throws {UserError} for strategies that do not go together */
export function askedFrom(names: readonly StrategyName[]): Asked {
  const [first, second, ...more] = new Set(names);
  if (second === undefined) return { strategy: first, wrapper: false };
  const other = first === 'wrapper' ? second : first;
  const isPair = [first, second].includes('wrapper') && preferred.some((name) => name === other);
  if (isPair && more.length === 0) return { strategy: other, wrapper: true };
  const together = [...new Set(names)].map((name) => `--strategy ${name}`).join(' ');
  throw new UserError(
    `${together}: these do not go together. Use one of them, or wrapper with ${preferred.join(', ')}`,
  );
}

const obstacleTo = (name: StrategyName, reach: Reach) => strategies[name].obstacle?.(reach) ?? null;

/** The smallest strategy that reaches kubelet. */
export const kubeletStrategy = (reach: Reach): StrategyName =>
  preferred.find((name) => obstacleTo(name, reach) === null) ?? 'env';

/**
 * A strategy that reaches kubelet on this system: the requested one, or the smallest.
 * @throws {UserError} when the requested one does not reach it
 */
export function choose(asked: Asked, reach: Reach & { fixedByNixpkgs: boolean }): Choice {
  const { distribution } = reach.system;
  if (asked.strategy === undefined && reach.fixedByNixpkgs) {
    const because = `this nixpkgs fixes kubelet of ${distribution} itself (util-linux.withPatches), and not /run/wrappers/bin/mount`;
    return { strategy: 'wrapper', because };
  }
  const found = obstacleTo(asked.strategy ?? 'path', reach);
  const reaches = `the unit's PATH reaches kubelet of ${distribution}`;
  if (!found) return { strategy: asked.strategy ?? 'path', because: reaches };
  const reaching = preferred.filter((name) => obstacleTo(name, reach) === null);
  const reason = `does not reach kubelet of ${distribution}: ${found.why}`;
  if (!asked.strategy) return { strategy: reaching[0] ?? 'env', because: `the unit's PATH ${reason}` };
  const instead = reaching.map((name) => `--strategy ${name}`);
  if (found.unless !== undefined) instead.push(found.unless);
  throw new UserError(`--strategy ${asked.strategy} ${reason}. Use ${instead.join(' or ')}`);
}

/** @throws {UserError} when another strategy is requested */
export function dropInFor(asked: Asked['strategy'], distribution: string): Choice {
  const because = `NixOS has no module for ${distribution}`;
  if (!asked || asked === 'drop-in') return { strategy: 'drop-in', because };
  throw new UserError(`--strategy ${asked}: ${because}. Use --strategy drop-in`);
}
