/** The strategies, by name. */
import type { StrategyName } from '../../distributions/distribution.ts';
import { dropIn } from './drop-in.ts';
import { env } from './env.ts';
import { overlay } from './overlay.ts';
import { packageStrategy } from './package.ts';
import { path } from './path.ts';
import type { Strategy } from './strategy.ts';
import { wrapper } from './wrapper.ts';

export const strategies: Record<StrategyName, Strategy> = {
  path,
  env,
  package: packageStrategy,
  wrapper,
  overlay,
  'drop-in': dropIn,
};
