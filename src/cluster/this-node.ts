/** Which node of its cluster this machine is: its name by kubelet, and what the API server says to check it by. */
import { X509Certificate } from 'node:crypto';
import path from 'node:path';
import { optionIn } from '../distributions/command-line.ts';
import { distributions } from '../distributions/index.ts';
import { type Fact, known, unknown } from '../facts/fact.ts';
import { type Kubelet, readKubelet } from '../facts/node/kubelet.ts';
import { type Host, orNull } from '../host/host.ts';
import type { NodeView } from './views.ts';

/** As kubelet writes them into the status of its node; null if they cannot be read. */
export interface MachineIds {
  /** of this boot alone, and of all containers of this machine */
  bootId: string | null;
  /** of the installed system; copies of a disk have the same */
  machineId: string | null;
}

export interface ThisNode extends MachineIds {
  name: string;
  /** false: only the name of the machine, which need not be the node's */
  sure: boolean;
  /** of its kubelet, in seconds since the epoch; null if that is not known */
  startedAt: number | null;
}

/** @returns unknown if no kubelet runs here, or it cannot be told which */
export async function thisNode(host: Host): Promise<Fact<ThisNode>> {
  const kubelet = await readKubelet(host);
  if (!kubelet.known) return kubelet;
  const [name, ids] = await Promise.all([nameOfNode(host, kubelet.value), machineIds(host)]);
  const { startedAt } = kubelet.value;
  return name.known ? known({ ...name.value, ...ids, startedAt }, name.evidence) : name;
}

async function nameOfNode(
  host: Host,
  { argv, distribution }: Kubelet,
): Promise<Fact<Pick<ThisNode, 'name' | 'sure'>>> {
  for (const option of ['--hostname-override', '--node-name']) {
    const name = optionIn(argv, option);
    if (name) return known({ name: name.trim().toLowerCase(), sure: true }, `${option} of kubelet`);
  }
  const config = optionIn(argv, '--kubeconfig') ?? distributions[distribution].nodeKubeconfig;
  const name = config === undefined ? null : await nodeInKubeconfig(host, config);
  if (name !== null) return known({ name, sure: true }, `${config}`);
  return host.hostname
    ? known({ name: host.hostname.trim().toLowerCase(), sure: false }, 'the name of this machine')
    : unknown('not-found', 'the name of this node is not in the command line or kubeconfig of kubelet');
}

/** The user that the Node authorizer knows: the name of a node after this prefix. */
const nodeUser = /system:node:([a-z0-9](?:[-a-z0-9.]*[a-z0-9])?)/;
const fileLimit = 1_000_000;

/** By the name of the user, else by its certificate; the file can be YAML or JSON. */
async function nodeInKubeconfig(host: Host, config: string): Promise<string | null> {
  const text = await orNull(host.readText(config, fileLimit));
  if (text === null) return null;
  const named = nodeUser.exec(text)?.[1];
  if (named !== undefined) return named;
  const [, data] = /["']?client-certificate-data["']?\s*:\s*["']?([A-Za-z0-9+/=]+)/.exec(text) ?? [];
  if (data !== undefined) return nodeInCertificate(Buffer.from(data, 'base64').toString('latin1'));
  const [, file] = /["']?client-certificate["']?\s*:\s*["']?([^"'\s,}]+)/.exec(text) ?? [];
  if (file === undefined) return null;
  const pem = await orNull(host.readText(path.resolve(path.dirname(config), file), fileLimit));
  return pem === null ? null : nodeInCertificate(pem);
}

/** A file of kubelet also holds its key, which is not read. */
function nodeInCertificate(pem: string): string | null {
  const [certificate] = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/.exec(pem) ?? [];
  if (certificate === undefined) return null;
  try {
    return nodeUser.exec(new X509Certificate(certificate).subject)?.[1] ?? null;
  } catch {
    return null;
  }
}

/** As kubelet's cAdvisor reads them. */
async function machineIds(host: Host): Promise<MachineIds> {
  const read = async (file: string): Promise<string | null> =>
    (await orNull(host.readText(file, 4096)))?.trim() || null;
  const [bootId, own, bus] = await Promise.all([
    read('/proc/sys/kernel/random/boot_id'),
    read('/etc/machine-id'),
    read('/var/lib/dbus/machine-id'),
  ]);
  return { bootId, machineId: own ?? bus };
}

/** stale: the same system, before it was booted anew; unknown: there is nothing to compare. */
export type Sameness = 'same' | 'stale' | 'other' | 'unknown';

/** Whether a node of the API is the machine with these ids. Pure. */
export function compareMachine(here: MachineIds, { machine }: Pick<NodeView, 'machine'>): Sameness {
  const compare = (id: keyof MachineIds): boolean | null => {
    const [own, theirs] = [here[id], machine[id]];
    return own === null || theirs === null ? null : own.toLowerCase() === theirs.toLowerCase();
  };
  const [boot, system] = [compare('bootId'), compare('machineId')];
  if (system === false) return 'other';
  if (boot === false) return system === true ? 'stale' : 'other';
  return boot === null && system === null ? 'unknown' : 'same';
}
