/** The system that the fix is for: what the options say, else what was found. */
import { isOtherSystem } from '../facts/facts.ts';
import { requestFromNode } from '../remedy/from-node.ts';
import { type SystemRequest, systemOf } from '../remedy/system.ts';
import type { Gathered } from './gather.ts';
import type { SystemOptions } from './system-options.ts';

interface Requested {
  request: SystemRequest;
  /** what was found on the node, with where it was read */
  reasons: string[];
}

/** @throws {UserError} for a role that the distribution does not have, or an invalid unit name */
export function requested({ node, facts, request: given }: Gathered, options: SystemOptions): Requested {
  const strategies = isOtherSystem(facts) ? (['drop-in'] as const) : undefined;
  const { request: found, reasons } = node
    ? requestFromNode(node)
    : { request: { strategies, ...given }, reasons: [] };
  const distribution = options.distro ?? found.distribution;
  const request = {
    ...found,
    distribution,
    role: options.role ?? found.role,
    // A unit that was found is of the distribution that was found.
    unit: options.unit ?? (distribution === found.distribution ? found.unit : undefined),
    packageWrapped: options.packageWrapped ?? found.packageWrapped,
  };
  systemOf(request, true);
  return { request, reasons };
}
