/** The system that gets a fix: what was said of it, and what follows where nothing was said. */
import type { StrategyName, Wrapped } from '../distributions/distribution.ts';
import { type DistributionName, distributions, usualDistribution } from '../distributions/index.ts';
import { UserError } from '../errors.ts';
import { clip } from '../text/clip.ts';

export interface System {
  distribution: DistributionName;
  role: string;
  unit: string;
  packageWrapped: Wrapped;
  /** what was assumed because nobody said it, with the option that says it */
  assumed: string[];
}

/** What was said; what is undefined was not. */
export interface SystemRequest {
  distribution?: DistributionName | undefined;
  role?: string | undefined;
  unit?: string | undefined;
  packageWrapped?: Wrapped | undefined;
  strategy?: StrategyName | undefined;
}

/**
 * A unit's name without .service.
 * @throws {UserError} for a name that systemd does not allow (systemd.unit(5): at most 255 characters of
 *   letters, digits and ":-_.\@")
 */
function unitName(text: string): string {
  const name = text.replace(/\.service$/, '');
  if (!/^[A-Za-z0-9:_.\\@-]{1,247}$/.test(name)) {
    throw new UserError(`--unit ${JSON.stringify(clip(text))} is not a valid name of a systemd service`);
  }
  return name;
}

/**
 * @param nixos whether the unit is that of NixOS's module or of the distribution's own installer
 * @throws {UserError} for a role that the distribution does not have, or a name that is no unit's
 */
export function systemOf(request: SystemRequest, nixos: boolean): System {
  const distribution = request.distribution ?? usualDistribution;
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
