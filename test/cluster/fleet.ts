/**
 * Nodes by the thousand: objects of the API, of whose pods kwok decides the status. These are stand-ins. What kwok
 * writes is what kubelet 1.32 and containerd 1.6 of the real node here wrote about the same pod (recorded/), so that
 * what is shown with them is how many nodes are handled, and not what a runtime says: that, the real node shows.
 */
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { PAUSE_IMAGE } from './image.ts';
import { ports } from './layout.ts';

const recorded = (name: string): string =>
  readFileSync(join(import.meta.dirname, 'recorded', `${name}.json`), 'utf8');

/** By containerd, of an image that has no variant for the machine. */
const noPlatform =
  'failed to pull and unpack image \\"mirror/pause:1\\": no match for platform in manifest: not found';
const pullError = /failed to pull and unpack image (?:[^"\\]|\\.)*/g;

/** What a kind of node does with the pod, as a status; null: nothing. */
const statuses = {
  fixed: recorded('running'),
  affected: recorded('affected'),
  silent: null,
  crio: recorded('running').replaceAll('containerd://', 'cri-o://'),
  arm: recorded('image')
    .replace(pullError, noPlatform)
    .replaceAll(/"message": "Back-off[^\n]*/g, `"message": "${noPlatform}"`),
  windows: null,
  cordoned: recorded('running'),
  notready: recorded('running'),
} as const;
export type Kind = keyof typeof statuses;

/** The Stages of kwok: https://kwok.sigs.k8s.io/docs/user/stages-configuration/ */
export function stages(delayMs = 200): object[] {
  const stage = (name: string, matchExpressions: object[], next: object, delay = 0) => ({
    apiVersion: 'kwok.x-k8s.io/v1alpha1',
    kind: 'Stage',
    metadata: { name },
    spec: {
      resourceRef: { apiGroup: 'v1', kind: 'Pod' },
      selector: { matchExpressions },
      delay: { durationMilliseconds: delay, jitterDurationMilliseconds: delay * 2 },
      next,
    },
  });
  // Without a Stage for nodes, kwok takes no node for its own, and no pod.
  const node = {
    apiVersion: 'kwok.x-k8s.io/v1alpha1',
    kind: 'Stage',
    metadata: { name: 'node' },
    spec: {
      resourceRef: { apiGroup: 'v1', kind: 'Node' },
      selector: { matchExpressions: [{ key: '.metadata.labels.never', operator: 'Exists' }] },
      next: { delete: true },
    },
  };
  const alive = { key: '.metadata.deletionTimestamp', operator: 'DoesNotExist' };
  const deleted = stage('deleted', [{ ...alive, operator: 'Exists' }], { delete: true });
  const ofKinds = Object.entries(statuses).flatMap(([kind, statusTemplate]) => {
    if (statusTemplate === null) return [];
    const isKind = { key: `.spec.nodeName | startswith("${kind}-")`, operator: 'In', values: ['true'] };
    const isNew = { key: '.status.startTime', operator: 'DoesNotExist' };
    return stage(kind, [alive, isKind, isNew], { statusTemplate }, delayMs);
  });
  return [node, deleted, ...ofKinds];
}

/** How much of a real node's status its images are. */
const images = (count: number): object[] =>
  Array.from({ length: count }, (_, index) => ({
    names: [
      `registry.example.org/team/service-${index}@sha256:${String(index).padStart(64, '0')}`,
      `registry.example.org/team/service-${index}:v1.${index}`,
    ],
    sizeBytes: 100_000_000 + index,
  }));

/** @param batch the label that selects it */
export function nodeObject(kind: Kind, index: number, batch: string, imageCount = 0): object {
  const name = `${kind}-${String(index).padStart(4, '0')}`;
  const at = new Date().toISOString();
  const os = kind === 'windows' ? 'windows' : 'linux';
  const status = kind === 'notready' ? 'False' : 'True';
  const message = kind === 'notready' ? 'container runtime is down' : 'kubelet is posting ready status';
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: { type: 'kwok', batch, 'kubernetes.io/os': os, 'kubernetes.io/hostname': name },
    },
    spec: { ...(kind === 'cordoned' ? { unschedulable: true } : {}) },
    status: {
      allocatable: { cpu: '32', memory: '256Gi', pods: '110' },
      capacity: { cpu: '32', memory: '256Gi', pods: '110' },
      conditions: [
        { type: 'Ready', status, reason: 'Kubelet', message, lastHeartbeatTime: at, lastTransitionTime: at },
      ],
      images: [{ names: [PAUSE_IMAGE], sizeBytes: 300_000 }, ...images(imageCount)],
      nodeInfo: {
        architecture: kind === 'arm' ? 'arm64' : 'amd64',
        bootID: `boot-of-${name}`,
        containerRuntimeVersion: kind === 'crio' ? 'cri-o://1.32.1' : 'containerd://1.7.27',
        kernelVersion: '6.12.30',
        kubeProxyVersion: '',
        kubeletVersion: 'v1.32.4',
        machineID: `machine-of-${name}`,
        operatingSystem: os,
        osImage: kind === 'windows' ? 'Windows Server 2022 Datacenter' : 'NixOS 25.05 (Warbler)',
        systemUUID: '',
      },
    },
  };
}

/** Asks the API server of the test cluster itself, many requests at once. */
export class Api {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 16, rejectUnauthorized: false });
  readonly token: string;

  constructor(kubeconfig: string) {
    const { users } = JSON.parse(readFileSync(kubeconfig, 'utf8')) as {
      users: [{ user: { token: string } }];
    };
    this.token = users[0].user.token;
  }

  /** Throws where the answer is not a success. */
  async send(method: string, path: string, body?: object, type = 'application/json'): Promise<string> {
    return await new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${this.token}`, 'content-type': type };
      const url = { host: '127.0.0.1', port: ports.apiServer, path, method, headers, agent: this.#agent };
      const sent = request(url, (answer) => {
        let text = '';
        answer.on('data', (chunk: Buffer) => {
          text += String(chunk);
        });
        answer.on('end', () => {
          if ((answer.statusCode ?? 500) < 300) resolve(text);
          else reject(new Error(`${method} ${path}: ${answer.statusCode} ${text}`));
        });
      });
      sent.on('error', reject);
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  /** Some at a time: all at once would wait for each other. */
  async all(method: string, requests: readonly { path: string; body?: object }[]): Promise<void> {
    const rest = [...requests];
    const worker = async (): Promise<void> => {
      for (let next = rest.shift(); next; next = rest.shift()) await this.send(method, next.path, next.body);
    };
    await Promise.all(Array.from({ length: 16 }, worker));
  }

  async addNodes(objects: readonly object[]): Promise<void> {
    await this.all(
      'POST',
      objects.map((body) => ({ path: '/api/v1/nodes', body })),
    );
  }

  end(): void {
    this.#agent.destroy();
  }
}
