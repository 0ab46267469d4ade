/** What a node would mount with if what was set for kubelet's mount were taken back. */
import type { Advisory } from '../../advisory/index.ts';
import type { Host } from '../../host/host.ts';
import { type Fact, unknown } from '../fact.ts';
import { followMount, type MountChain } from '../mount/chain.ts';
import { kubeletPathOf } from './kubelet-path.ts';
import type { WithoutFix } from './node-facts.ts';
import type { Unit } from './unit.ts';

/** The program of the system itself, without what units and wrappers add. */
export const systemMount = (host: Host): Promise<Fact<MountChain>> =>
  followMount(host, { PATH: '/run/current-system/sw/bin' }, '/');

/**
 * @param entry of the unit's PATH that kubelet's mount is in; null if it is in no entry of that
 * @returns unknown where the unit sets nothing that could be a fix
 */
export async function withoutFix(
  host: Host,
  unit: Fact<Unit>,
  entry: string | null,
  { environment: { variable, value } }: Advisory,
): Promise<Fact<WithoutFix>> {
  if (!unit.known) return unit;
  const set = Object.entries(unit.value.env).flatMap(([name, given]) => {
    const forces = (name === variable || name === `KUBELET_${variable}`) && given === value;
    return forces || name === 'KUBELET_PATH' ? [{ name, value: given }] : [];
  });
  const env = Object.fromEntries(
    Object.entries(unit.value.env).filter(([name]) => !set.some((each) => each.name === name)),
  );
  const directories = env['PATH']?.split(':') ?? [];
  if (entry !== null && directories.includes(entry)) {
    set.push({ name: 'PATH', value: entry });
    env['PATH'] = directories.filter((each) => each !== entry).join(':');
  }
  if (set.length === 0) return unknown('not-set', 'the unit sets nothing for the mount of kubelet');
  const path = await kubeletPathOf(host, { ...unit.value, env });
  const mount = await followMount(host, path.env, '/');
  return { known: true, value: { set, mount }, evidence: `the unit ${unit.value.name}` };
}
