/** The names of pods, asked of the cluster: kubelet's directories have their UIDs alone. */

import { type Fact, known, unknown } from '../facts/fact.ts';
import { findProgram } from '../facts/mount/path.ts';
import { type Host, ReadError } from '../host/host.ts';

export interface Pod {
  namespace: string;
  name: string;
  /** such as Running, Pending */
  phase: string;
  /** it has a deletionTimestamp */
  deleting: boolean;
}

export interface ClusterOptions {
  kubeconfig?: string;
  context?: string;
}

const limits = { timeoutMs: 10_000, maxBytes: 32_000_000 };
const k0sKubeconfig = '/var/lib/k0s/pki/admin.conf';
/** A static pod's directory has the hash of its manifest, which its mirror in the cluster names. */
const fields = [
  '.metadata.uid',
  String.raw`.metadata.annotations.kubernetes\.io/config\.hash`,
  '.metadata.namespace',
  '.metadata.name',
  '.metadata.deletionTimestamp',
  '.status.phase',
];
const template = `{range .items[*]}${fields.map((field) => `{${field}}`).join('{"\\t"}')}{"\\n"}{end}`;
const query = ['get', 'pods', '--all-namespaces', '--request-timeout=8s', `--output=jsonpath=${template}`];

interface Way {
  program: string;
  before: string[];
  after: string[];
}

/**
 * All pods of the cluster, by UID: with the kubeconfig or context that is asked for or that KUBECONFIG names;
 * else as the administrator of the k0s or k3s on this machine.
 * @returns unknown where there is no kubectl, or it has no answer in time
 */
export async function readPods(
  host: Host,
  options: ClusterOptions,
  signal?: AbortSignal,
): Promise<Fact<Map<string, Pod>>> {
  const reasons: string[] = [];
  for (const { program, before, after } of await waysToAsk(host, options)) {
    const file = await findProgram(host, program, host.env['PATH'] ?? '', host.cwd);
    if (file === null) continue;
    const name = [program, ...before].join(' ');
    const command = { file, args: [...before, ...query, ...after], mutates: false };
    const { exitCode, output, stopped } = await host.run(command, signal ? { ...limits, signal } : limits);
    if (stopped === 'signal') return unknown('interrupted');
    if (stopped !== null) reasons.push(`${name}: ${stoppedReason[stopped]}`);
    else if (exitCode !== 0) reasons.push(`${name}: exit ${exitCode}${firstWords(output)}`);
    else {
      const pods = parsePods(output);
      if (pods) return known(pods, name);
      reasons.push(`${name} answered with something that is no list of pods${firstWords(output)}`);
    }
  }
  return unknown(
    reasons.join('; ') || 'there is no kubectl, k0s or k3s with access to the cluster; give --kubeconfig',
  );
}

const stoppedReason = {
  time: `no answer within ${limits.timeoutMs / 1000} s`,
  output: `more than ${limits.maxBytes / 1_000_000} MB of output`,
  'not started': 'could not be started',
} as const;

async function waysToAsk(host: Host, { kubeconfig, context }: ClusterOptions): Promise<Way[]> {
  const after = [
    ...(kubeconfig === undefined ? [] : [`--kubeconfig=${kubeconfig}`]),
    ...(context === undefined ? [] : [`--context=${context}`]),
  ];
  if (after.length > 0 || host.env['KUBECONFIG']) return [{ program: 'kubectl', before: [], after }];
  const own = ['k0s', 'k3s'].map((program) => ({ program, before: ['kubectl'], after }));
  if (!(await isReadable(host, k0sKubeconfig))) return own;
  return [...own, { program: 'kubectl', before: [], after: [`--kubeconfig=${k0sKubeconfig}`] }];
}

async function isReadable(host: Host, file: string): Promise<boolean> {
  try {
    await host.readText(file, 1_000_000);
    return true;
  } catch (error) {
    if (error instanceof ReadError) return false;
    throw error;
  }
}

function firstWords(output: string): string {
  const line = output.trim().split('\n').at(-1)?.trim().slice(0, 200);
  return line ? `: ${line}` : '';
}

const named = '[a-z0-9][a-z0-9.-]*';
const podLine = new RegExp(`^([\\w.-]+)\\t([\\w.-]*)\\t(${named})\\t(${named})\\t([\\w:.+-]*)\\t(\\w*)$`);

/** @returns null for an answer without a single pod that is not empty; what kubectl warns of is passed over */
export function parsePods(output: string): Map<string, Pod> | null {
  const pods = new Map<string, Pod>();
  for (const line of output.split('\n')) {
    const match = podLine.exec(line);
    if (!match) continue;
    const [, uid = '', hash = '', namespace = '', name = '', deleted = '', phase = ''] = match;
    const pod = { namespace, name, phase, deleting: deleted !== '' };
    pods.set(uid, pod);
    if (hash !== '') pods.set(hash, pod);
  }
  return pods.size > 0 || output.trim() === '' ? pods : null;
}
