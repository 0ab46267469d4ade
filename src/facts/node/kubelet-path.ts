/** The PATH and environment that kubelet would get from its unit, and who put each entry of PATH there. */
import { distributions } from '../../distributions/index.ts';
import type { Host } from '../../host/host.ts';
import { followProgram } from '../mount/chain.ts';
import type { Layer } from './node-facts.ts';
import type { Unit } from './unit.ts';

export interface KubeletPath {
  env: Record<string, string>;
  /** whether the package is wrapped with its own PATH */
  wrapped: boolean;
  /** what each layer puts into PATH, first to last; the rest is the system's */
  layers: { layer: Layer; directories: string[] }[];
}

/** systemd's own PATH for services that set none (systemd.exec(5)). */
const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** What kubelet would get if its unit were started. */
export async function kubeletPathOf(host: Host, unit: Unit): Promise<KubeletPath> {
  const started = await followProgram(host, unit.exec[0] ?? '', {
    ...{ PATH: defaultPath },
    ...unit.inherited,
    ...unit.env,
  });
  const { distribution, exec } = unit;
  const passedOn =
    distribution === null ? undefined : distributions[distribution].passesOn?.(started.env, exec);
  return {
    env: passedOn?.env ?? started.env,
    wrapped: started.pathPrefix.length > 0,
    layers: [
      { layer: 'distribution', directories: passedOn ? [passedOn.ownDirectory] : [] },
      { layer: 'component-path', directories: passedOn?.componentPath?.split(':') ?? [] },
      { layer: 'wrapper', directories: started.pathPrefix },
      { layer: 'unit', directories: unit.env['PATH']?.split(':') ?? [] },
    ],
  };
}

/** Which layer a directory of kubelet's PATH comes from. */
export const layerOf = (entry: string, { layers }: KubeletPath): Layer =>
  layers.find(({ directories }) => directories.includes(entry))?.layer ?? 'system';
