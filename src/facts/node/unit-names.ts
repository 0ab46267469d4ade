/** Names of units that processes may belong to: what they say is checked by the unit itself. */
import type { Process } from '../../distributions/distribution.ts';
import { type Host, orNull } from '../../host/host.ts';

const marks = '/run/systemd/units';
const invocation = /^invocation:(.+)\.service$/;

/**
 * The services that the processes' control groups and invocations name, without .service, best first. kubelet's
 * control group can be that of a service that has nothing to do with it: k0s moves it to containerd.service.
 */
export async function unitsNamedBy(host: Host, lineage: readonly Process[]): Promise<string[]> {
  const ids = new Set(
    lineage.flatMap(({ env }) => (env['INVOCATION_ID'] === undefined ? [] : [env['INVOCATION_ID']])),
  );
  const [invoked, grouped] = await Promise.all([
    ids.size === 0 ? [] : invokedUnits(host, ids),
    Promise.all(lineage.map(({ pid }) => serviceOf(host, pid))),
  ]);
  return [...new Set([...invoked, ...grouped.flat()])];
}

/** The units that are in one of these invocations now: while a unit is active, systemd keeps a link to its id. */
async function invokedUnits(host: Host, ids: ReadonlySet<string>): Promise<string[]> {
  const links = (await activeLinks(host)).map(async ([name, link]) => {
    const id = await orNull(host.readLink(link));
    return id !== null && ids.has(id) ? [name] : [];
  });
  return (await Promise.all(links)).flat();
}

/** The services that are active, by systemd's own marks. */
export const activeUnits = async (host: Host): Promise<Set<string>> =>
  new Set((await activeLinks(host)).map(([name]) => name));

async function activeLinks(host: Host): Promise<[name: string, link: string][]> {
  const names = (await orNull(host.readDirectory(marks))) ?? [];
  return names.flatMap((name) => {
    const unit = invocation.exec(name)?.[1];
    return unit === undefined ? [] : [[unit, `${marks}/${name}`]];
  });
}

/**
 * The innermost service in the path of the control group (cgroups(7)): in the hierarchy of systemd, of version 1 or 2.
 */
async function serviceOf(host: Host, pid: number): Promise<string[]> {
  const text = await orNull(host.readText(`/proc/${pid}/cgroup`, 65_536));
  const lines = (text ?? '').split('\n').filter((line) => /^(?:\d+:name=systemd|0:):/.test(line));
  return lines.flatMap((line) => line.match(/[^/:]+(?=\.service(?:\/|$))/g)?.slice(-1) ?? []);
}
