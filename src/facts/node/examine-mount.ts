/** What the mount says and does that kubelet uses. */
import type { Advisory } from '../../advisory/index.ts';
import type { Host } from '../../host/host.ts';
import { type Fact, known, type Unknown, unknown, unreadable } from '../fact.ts';
import type { Facts } from '../facts.ts';
import type { MountChain } from '../mount/chain.ts';
import { probe, testedOf } from '../mount/probe.ts';
import { readMountVersion } from '../mount/version.ts';
import { readDerivation } from '../nixpkgs/derivation.ts';
import type { Running } from './kubelet.ts';

export interface Examining {
  /** false for a system that is not running: none of its programs are run */
  live: boolean;
  signal: AbortSignal;
}

type Tested = Pick<Facts, 'utilLinux' | 'libmount' | 'patches' | 'probe'>;

const untested = (fact: Unknown, libmount: Tested['libmount'] = fact): Tested => ({
  utilLinux: fact,
  libmount,
  patches: fact,
  probe: fact,
});

/**
 * Asks the mount for its version, Nix for its patches, and tests it; all at once.
 * @param effective the running kubelet's mount; if none runs, the one that its unit would give it
 */
export async function testMount(
  host: Host,
  { kubelet }: Running,
  effective: Fact<MountChain>,
  advisory: Advisory,
  { live, signal }: Examining,
): Promise<Tested> {
  if (!effective.known) {
    const { code, text } = effective.reason;
    // A kubelet that runs but cannot be inspected: weaker evidence must not replace it.
    if (kubelet.known || kubelet.unreadable) return untested(unreadable(code, text));
    if (code !== 'no-unit') return untested(effective);
    const nothing =
      'cannot determine which mount kubelet would use: no kubelet is running and the system has no kubelet unit';
    return untested(unknown('no-kubelet', nothing));
  }
  const { mount, libmount, version, steps } = effective.value;
  if (!live) {
    return untested(unknown('not-applicable', 'not run: the system is not running'), version);
  }
  const [versions, patches, { outcome }] = await Promise.all([
    readMountVersion(host, effective.value),
    readDerivation(host, libmount.known ? libmount.value : (steps.at(-1) ?? mount), advisory, signal),
    probe(host, testedOf(effective.value), advisory, signal),
  ]);
  return {
    utilLinux: versions.utilLinux,
    libmount: versions.libmount.known ? versions.libmount : version,
    patches,
    probe: outcome,
  };
}

export function forceMount2(
  effective: Fact<MountChain>,
  { environment: { variable } }: Advisory,
): Facts['forceMount2'] {
  if (!effective.known) return effective;
  const value = effective.value.env[variable];
  return value === undefined
    ? unknown('not-set', `${variable} is not set for kubelet's mount`)
    : known(value, "the environment of kubelet's mount");
}
