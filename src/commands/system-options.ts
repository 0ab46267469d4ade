/** The options that say which system `check` and `generate` judge. */
import type { Wrapped } from '../distributions/distribution.ts';
import type { DistributionName } from '../distributions/index.ts';
import type { GivenOptions } from '../facts/given/given.ts';
import type { SharedOptions } from './context.ts';
import type { NetworkOptions } from './network.ts';

export interface SystemOptions extends GivenOptions, NetworkOptions, SharedOptions {
  nixpkgs?: string;
  flakeLock?: string;
  lock?: string;
  /** the input of a lock file that the system is built from */
  input?: string;
  rev?: string;
  nodeRoot?: string;
  distro?: DistributionName;
  role?: string;
  unit?: string;
  packageWrapped?: Wrapped;
}
