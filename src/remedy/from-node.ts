/** What a node says of itself, as the system that is to be cured. Pure. */
import type { NodeFacts } from '../facts/node/node-facts.ts';
import { type Distro, distros } from './distros.ts';
import type { StrategyName } from './remedy.ts';
import type { SystemRequest } from './system.ts';

export interface FromNode {
  request: SystemRequest & { strategy?: StrategyName };
  /** where each of it was read, as a sentence each */
  reasons: string[];
}

/** Distribution, role, unit, wrapping and strategy, as far as the node tells them. */
export function requestFromNode({ kubelet, unit, wrapped, os }: NodeFacts): FromNode {
  const request: FromNode['request'] = {};
  const reasons: string[] = [];
  const distro = kubelet.known ? kubelet.value.distro : unit.known ? distroOfUnit(unit.value.name) : null;
  if (distro) {
    request.distro = distro;
    const from = kubelet.known
      ? `kubelet, pid ${kubelet.value.pid}`
      : `unit ${unit.known ? unit.value.name : ''}`;
    reasons.push(`distribution ${distro} (${from})`);
  }
  const role = kubelet.known ? kubelet.value.role : unit.known ? roleOfCommand(unit.value.exec) : null;
  if (distro && role && distros[distro].roles.includes(role)) {
    request.role = role;
    reasons.push(`role ${role} (its command line)`);
  }
  if (unit.known) {
    request.unit = unit.value.name;
    reasons.push(`unit ${unit.value.name} (${unit.value.files[0]})`);
  }
  if (wrapped.known) {
    request.packageWrapped = wrapped.value ? 'yes' : 'no';
    reasons.push(
      `package ${wrapped.value ? 'wrapped' : 'not wrapped'} (${unit.known ? unit.value.exec[0] : ''})`,
    );
  }
  if (os.known && !os.value.nixos) {
    request.strategy = 'drop-in';
    reasons.push(`a systemd drop-in, because this is ${os.value.name} and not NixOS`);
  }
  return { request, reasons };
}

function distroOfUnit(unit: string): Distro | null {
  if (/^k0s(controller|worker)?$/.test(unit)) return 'k0s';
  if (/^k3s(-agent)?$/.test(unit)) return 'k3s';
  if (/^rke2-(server|agent)$/.test(unit)) return 'rke2';
  return unit === 'kubelet' ? 'kubernetes' : null;
}

/** The role in the command line of a k0s, k3s or rke2 that is not running. */
function roleOfCommand(argv: string[]): string | null {
  const [, command] = argv;
  if (command === 'controller') {
    if (argv.includes('--single')) return 'single';
    return argv.some((arg) => /^--enable-worker(=true)?$/.test(arg)) ? 'controller+worker' : 'controller';
  }
  return command ?? null;
}
