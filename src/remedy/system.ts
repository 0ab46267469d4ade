/** The system to fix: what was given, and defaults for the rest. */
import type { StrategyName, Wrapped } from '../distributions/distribution.ts';
import { type DistributionName, defaultDistribution, distributions } from '../distributions/index.ts';
import { UserError } from '../errors.ts';
import { clip } from '../text/clip.ts';
import type { Advice } from '../text/message.ts';

export interface System {
  distribution: DistributionName;
  role: string;
  unit: string;
  packageWrapped: Wrapped;
  /** what was assumed because it was not given, with the option that gives it */
  assumed: string[];
}

/** How NixOS is built. */
export interface Source {
  /** null if it is not known */
  flake: boolean | null;
  /** the name of the machine; null if it is not known */
  host: string | null;
}

/** What was given; the rest is undefined. */
export interface SystemRequest {
  distribution?: DistributionName | undefined;
  role?: string | undefined;
  unit?: string | undefined;
  packageWrapped?: Wrapped | undefined;
  /** one, or wrapper and one for kubelet; none: the smallest that reaches kubelet */
  strategies?: readonly StrategyName[] | undefined;
  /** whether this nixpkgs has util-linux.withPatches; unknown: false */
  withPatches?: boolean | undefined;
  /** whether kubelet needs no fix; unknown: false */
  kubeletIsGood?: boolean | undefined;
  source?: Source | undefined;
  /** what ends the need for the fix */
  permanentFix?: Advice | undefined;
}

/**
 * A unit's name without .service.
 * @throws {UserError} for a name that systemd does not allow (systemd.unit(5): at most 255 characters of
 *   letters, digits and ":-_.\@")
 */
function unitName(text: string): string {
  const name = text.replace(/\.service$/, '');
  if (!/^[A-Za-z0-9:_.\\@-]{1,247}$/.test(name)) {
    throw new UserError(`--unit ${JSON.stringify(clip(text))} is not a valid systemd service name`);
  }
  return name;
}

/**
 * @param nixos whether the unit comes from the NixOS module or from the distribution's own installer
 * @throws {UserError} for a role that the distribution does not have, or an invalid unit name
 */
export function systemOf(request: SystemRequest, nixos: boolean): System {
  const distribution = request.distribution ?? defaultDistribution;
  const { roles, unitOf, wrapped } = distributions[distribution];
  const role = request.role ?? roles[0];
  if (!roles.includes(role)) {
    throw new UserError(
      `--role ${JSON.stringify(clip(role))}: the roles of ${distribution} are ${roles.join(', ')}`,
    );
  }
  const unit = request.unit === undefined ? unitOf(role, nixos) : unitName(request.unit);
  const assumed: string[] = [];
  if (request.distribution === undefined) assumed.push(`distribution ${distribution} (--distro)`);
  if (request.role === undefined && request.unit === undefined && roles.length > 1) {
    assumed.push(`role ${role}, whose unit is ${unit} (--role)`);
  }
  return { distribution, role, unit, packageWrapped: request.packageWrapped ?? wrapped, assumed };
}
