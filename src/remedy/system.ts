/** The system that is to be cured: what was said of it, and what follows where nothing was said. */
import { type Distro, distros, type Wrapped } from './distros.ts';

export interface System {
  distro: Distro;
  role: string;
  unit: string;
  packageWrapped: Wrapped;
  /** what was assumed because nobody said it, as a sentence each */
  assumed: string[];
}

export interface SystemRequest {
  distro?: Distro;
  role?: string;
  unit?: string;
  packageWrapped?: Wrapped;
}

/** Something that was asked for and cannot be: what, and what to do instead. Ends with exit code 2. */
export class RequestError extends Error {
  override name = 'RequestError';
}

/**
 * A unit's name without .service.
 * @throws {RequestError} for a name that systemd does not allow (systemd.unit(5): at most 255 characters of
 *   letters, digits and ":-_.\@")
 */
function unitName(text: string): string {
  const name = text.replace(/\.service$/, '');
  if (!/^[A-Za-z0-9:_.\\@-]{1,247}$/.test(name)) {
    const shown = text.length > 60 ? `${text.slice(0, 60)}…` : text;
    throw new RequestError(`--unit ${JSON.stringify(shown)}: not the name of a systemd service`);
  }
  return name;
}

/**
 * @param nixos whether the unit is NixOS's or the distribution's own installer's
 * @throws {RequestError} for a role or unit that cannot be
 */
export function systemOf(request: SystemRequest, nixos: boolean): System {
  const distro = request.distro ?? 'k0s';
  const traits = distros[distro];
  const role = request.role ?? traits.roles[0] ?? '';
  if (!traits.roles.includes(role)) {
    throw new RequestError(
      `--role ${JSON.stringify(role.slice(0, 60))}: ${distro} has ${traits.roles.join(', ')}`,
    );
  }
  const unitOf = nixos ? traits.unit : (traits.unitElsewhere ?? traits.unit);
  const unit = request.unit === undefined ? unitOf(role) : unitName(request.unit);
  const assumed: string[] = [];
  if (request.distro === undefined) assumed.push('distribution k0s (--distro)');
  if (request.role === undefined && request.unit === undefined && traits.roles.length > 1) {
    assumed.push(`role ${role}, whose unit is ${unit} (--role)`);
  }
  return { distro, role, unit, packageWrapped: request.packageWrapped ?? traits.wrapped, assumed };
}
