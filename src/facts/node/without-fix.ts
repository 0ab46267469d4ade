/** What a node would mount with if what was set for kubelet's mount were taken back. */
import type { Advisory } from '../../advisory/index.ts';
import { standing } from '../../advisory/version.ts';
import type { Host } from '../../host/host.ts';
import { type Fact, known, unknown } from '../fact.ts';
import { followMount, type Loaders, type MountChain } from '../mount/chain.ts';
import { storeVersion } from '../mount/store-path.ts';
import { kubeletPathOf } from './kubelet-path.ts';
import type { WithoutFix } from './node-facts.ts';
import type { Unit } from './unit.ts';

/** The program of the system itself, without what units and wrappers add. */
export const systemMount = (host: Host, loaders: Loaders): Promise<Fact<MountChain>> =>
  followMount(host, { PATH: '/run/current-system/sw/bin' }, '/', loaders);

/**
 * @param entry of the unit's PATH that kubelet's mount is in; null if it is in no entry of that
 * @returns unknown where the unit sets nothing that could be a fix
 */
export async function withoutFix(
  host: Host,
  unit: Fact<Unit>,
  entry: string | null,
  advisory: Advisory,
  loaders: Loaders,
): Promise<Fact<WithoutFix>> {
  if (!unit.known) return unit;
  const { variable, value } = advisory.environment;
  const set = Object.entries(unit.value.env).flatMap(([name, given]) => {
    const forces = (name === variable || name === `KUBELET_${variable}`) && given === value;
    return forces || name === 'KUBELET_PATH' ? [{ name, value: given }] : [];
  });
  const env = Object.fromEntries(
    Object.entries(unit.value.env).filter(([name]) => !set.some((each) => each.name === name)),
  );
  const mountWith = async (environment: Unit['env']): Promise<Fact<MountChain>> => {
    const path = await kubeletPathOf(host, { ...unit.value, env: environment });
    return followMount(host, path.env, '/', loaders);
  };
  const evidence = `the unit ${unit.value.name}`;
  const others = env['PATH']?.split(':').filter((each) => each !== entry);
  if (entry !== null && others && isOld(entry, advisory)) {
    const mount = await mountWith({ ...env, PATH: others.join(':') });
    // Without another, the entry is no fix: it is where the mount is.
    if (mount.known) return known({ set: [...set, { name: 'PATH', value: entry }], mount }, evidence);
  }
  if (set.length === 0) return unknown('not-set', 'the unit sets nothing for the mount of kubelet');
  return known({ set, mount: await mountWith(env) }, evidence);
}

/** Whether an entry of PATH is a util-linux that has no fix by its version: it may have one as a patch, or be older. */
function isOld(entry: string, advisory: Advisory): boolean {
  const version = storeVersion(`${entry}/mount`);
  return version !== null && standing(version, advisory) !== 'fixed';
}
