/**
 * The PATH and environment that kubelet has, or would have when its unit is started, and which layer each
 * entry of PATH comes from.
 */
import type { Host } from '../../host/host.ts';
import { followProgram } from '../mount/chain.ts';
import type { Unit } from './unit.ts';

/** Who put an entry into kubelet's PATH. */
export type Layer = 'k0s itself' | 'KUBELET_PATH' | 'a wrapper' | 'the unit' | 'the system';

export interface KubeletPath {
  env: Record<string, string>;
  /** directories that the package's wrapper puts first */
  wrapperPrefix: string[];
  /** whether the package is wrapped with a PATH of its own */
  wrapped: boolean;
}

/** systemd's own PATH for services that set none (systemd.exec(5)). */
const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

const k0sDefaultDataDirectory = '/var/lib/k0s';

/** The data directory in k0s's command line. */
function k0sDataDirectory(argv: string[]): string {
  for (const [index, arg] of argv.entries()) {
    if (arg === '--data-dir') return argv[index + 1] ?? k0sDefaultDataDirectory;
    if (arg.startsWith('--data-dir=')) return arg.slice('--data-dir='.length);
  }
  return k0sDefaultDataDirectory;
}

const isK0s = (unit: Unit): boolean => /(^|\/)k0s$/.test(unit.exec[0] ?? '');

/** What kubelet would get from its unit. k0s gives a component what carries its name as a prefix, without it. */
export async function kubeletPathOf(host: Host, unit: Unit): Promise<KubeletPath> {
  const started = { PATH: defaultPath, ...unit.env };
  const program = unit.exec[0] ?? '';
  const followed = await followProgram(host, program, started);
  const env = { ...followed.env };
  if (isK0s(unit)) {
    for (const [name, value] of Object.entries(followed.env)) {
      if (!name.startsWith('KUBELET_')) continue;
      delete env[name];
      env[name.slice('KUBELET_'.length)] = value;
    }
    env['PATH'] = `${k0sDataDirectory(unit.exec)}/bin:${env['PATH']}`;
  }
  const { pathPrefix } = followed;
  return { env, wrapperPrefix: pathPrefix, wrapped: pathPrefix.length > 0 };
}

/** Which layer a directory of kubelet's PATH comes from. */
export function layerOf(entry: string, unit: Unit | null, path: KubeletPath | null): Layer {
  if (unit && isK0s(unit) && entry === `${k0sDataDirectory(unit.exec)}/bin`) return 'k0s itself';
  const holds = (searchPath: string | undefined): boolean => searchPath?.split(':').includes(entry) ?? false;
  if (unit && isK0s(unit) && holds(unit.env['KUBELET_PATH'])) return 'KUBELET_PATH';
  if (path?.wrapperPrefix.includes(entry)) return 'a wrapper';
  if (holds(unit?.env['PATH'])) return 'the unit';
  return 'the system';
}
