/** The system to fix, as found on its node. Pure. */
import { distributions } from '../distributions/index.ts';
import type { NodeFacts } from '../facts/node/node-facts.ts';
import type { Unit } from '../facts/node/unit.ts';
import type { SystemRequest } from './system.ts';

interface FromNode {
  request: SystemRequest;
  /** each value, with where it was read */
  reasons: string[];
}

/** Distribution, role, unit, wrapping and strategy, as far as the node shows them. */
export function requestFromNode({ kubelet, unit, wrapped, os }: NodeFacts): FromNode {
  const request: SystemRequest = {};
  const reasons: string[] = [];
  // The running kubelet, else the unit that would start it.
  const started = kubelet.known
    ? { ...kubelet.value, from: `kubelet, pid ${kubelet.value.pid}` }
    : unit.known
      ? startedBy(unit.value)
      : null;
  if (started?.distribution) {
    request.distribution = started.distribution;
    reasons.push(`distribution ${started.distribution} (${started.from})`);
    const role = started.role ?? (unit.known ? startedBy(unit.value).role : null);
    if (role !== null) {
      request.role = role;
      reasons.push(`role ${role} (its command line)`);
    }
  }
  if (unit.known) {
    request.unit = unit.value.name;
    reasons.push(`unit ${unit.value.name} (${unit.value.files[0]})`);
  }
  if (unit.known && wrapped.known) {
    request.packageWrapped = wrapped.value ? 'yes' : 'no';
    reasons.push(`package ${wrapped.value ? 'wrapped' : 'not wrapped'} (${unit.value.exec[0]})`);
  }
  if (os.known && !os.value.nixos) {
    request.strategies = ['drop-in'];
    reasons.push(`a systemd drop-in, because this is ${os.value.name} and not NixOS`);
  }
  return { request, reasons };
}

function startedBy({ name, exec, distribution }: Unit) {
  const role = distribution && distributions[distribution].roleIn(exec);
  return { distribution, role, from: `unit ${name}` };
}
