/** The containers of the pod: the control, and one a case. Pure. */

/** What a container mounts. The control mounts its volume whole, which the defect does not affect. */
export const caseNames = ['control', 'configMap', 'secret', 'emptyDir', 'projected', 'subPathExpr'] as const;
export type CaseName = (typeof caseNames)[number];

/** Container names are RFC 1123 labels, so they differ from the cases' names. */
export const containerNames: Record<CaseName, string> = {
  control: 'control',
  configMap: 'configmap-file',
  secret: 'secret-file',
  emptyDir: 'emptydir-directory',
  projected: 'projected-file',
  subPathExpr: 'subpath-expr',
};

/** What all containers have, including that of the expiry Job. */
export const containerLimits = {
  // Limits too: a quota on them refuses a pod that has none. Less CPU would delay the container's start.
  resources: { requests: { cpu: '1m', memory: '4Mi' }, limits: { cpu: '100m', memory: '32Mi' } },
  securityContext: {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  },
};

/** The content of a case's file. */
export const contentOf = (name: CaseName, run: string): string => `${name} of ${run}`;

const path = '/mounted';
const mounts: Record<CaseName, Record<string, unknown>> = {
  control: { name: 'config', readOnly: true },
  configMap: { name: 'config', subPath: 'key', readOnly: true },
  secret: { name: 'secret', subPath: 'key', readOnly: true },
  emptyDir: { name: 'scratch', subPath: 'directory' },
  projected: { name: 'projected', subPath: 'projected', readOnly: true },
  subPathExpr: { name: 'config', subPathExpr: '$(KEY)', readOnly: true },
};

/** What the containers of a run have in common. */
export interface Contents {
  run: string;
  image: string;
  /** Never: the nodes have it, and may not be able to pull */
  pull: 'IfNotPresent' | 'Never';
  /** whether each container compares what it reads; the image must have a shell */
  content: boolean;
}

/** One of the containers. */
export function container(name: CaseName, { run, image, pull, content }: Contents): object {
  return {
    name: containerNames[name],
    image,
    imagePullPolicy: pull,
    ...containerLimits,
    ...(name === 'subPathExpr' ? { env: [{ name: 'KEY', value: 'key' }] } : {}),
    ...(content ? comparison(name, run) : {}),
    volumeMounts: [{ mountPath: path, ...mounts[name] }],
  };
}

/** Waits, and handles SIGTERM, which PID 1 would otherwise ignore. */
const wait = ['sh', '-c', `trap 'exit 0' TERM; sleep 86400 & wait`];
const readsFile =
  'test "$(cat "$1")" = "$2" || { echo "read from $1: $(cat "$1" 2>&1 | head -c 200)"; exit 1; }';
const writesDirectory =
  'test -d "$1" && echo "$2" > "$1/written" && test "$(cat "$1/written")" = "$2" || { echo "not a directory that keeps what is written: $1"; exit 1; }';

/** Ready means that the content is right; otherwise an event of the probe says what was read. */
function comparison(name: CaseName, run: string): object {
  const file = name === 'control' ? `${path}/key` : path;
  // the same key, by an expression or with its volume whole
  const source = name === 'control' || name === 'subPathExpr' ? 'configMap' : name;
  const script = name === 'emptyDir' ? writesDirectory : readsFile;
  return {
    command: wait,
    readinessProbe: {
      exec: { command: ['sh', '-c', script, 'sh', file, contentOf(source, run)] },
      periodSeconds: 1,
      timeoutSeconds: 5,
    },
  };
}
