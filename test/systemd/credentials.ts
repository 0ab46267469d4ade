import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { program } from '../cluster/prerequisites.ts';
import { INDEXES, placeOf } from './layout.ts';
import type { SystemdNode } from './node.ts';

/** Users are told by token; nodes as the Node authorizer wants them. */
const USERS = [
  { name: 'admin', group: 'system:masters' },
  ...INDEXES.map((index) => ({ name: nodeUser(placeOf(index).name), group: 'system:nodes' })),
];

export function nodeUser(name: string): string {
  return `system:node:${name}`;
}

/** Writes what a control plane has to find in its directory before its first start. */
export async function writeCredentials(node: SystemdNode, dir: string): Promise<void> {
  const { certificate, key } = await serverCertificate(node.place.address);
  const account = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const tokens = USERS.map(
    ({ name, group }) => `${randomBytes(16).toString('hex')},${name},${name},${group}\n`,
  );
  const contents = {
    'server.crt': certificate,
    'server.key': key,
    'sa.key': account.privateKey,
    'sa.pub': account.publicKey,
    'tokens.csv': tokens.join(''),
  };
  for (const [name, content] of Object.entries(contents))
    await node.writeFile(`${dir}/pki/${name}`, content, 0o600);
  await node.writeFile(`${dir}/pki/admin.conf`, await kubeconfig(node, dir, 'admin', 'localhost'), 0o600);
}

/** The kubeconfig of a user, for the API server of that node and directory at a host name or address. */
export async function kubeconfig(
  server: SystemdNode,
  dir: string,
  user: string,
  host: string,
): Promise<string> {
  const tokens = await server.readFile(`${dir}/pki/tokens.csv`);
  const token = tokens
    .split('\n')
    .find((line) => line.split(',')[1] === user)
    ?.split(',')[0];
  const authority = Buffer.from(await server.readFile(`${dir}/pki/server.crt`)).toString('base64');
  const cluster = { server: `https://${host}:6443`, 'certificate-authority-data': authority };
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster }],
    users: [{ name: user, user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user } }],
    'current-context': 'test',
  });
}

/** A certificate that is its own authority. */
async function serverCertificate(address: string): Promise<{ certificate: string; key: string }> {
  const scratch = await mkdtemp(join(tmpdir(), 'subpathfix-node-'));
  const [key, certificate] = [join(scratch, 'key'), join(scratch, 'certificate')];
  const algorithm = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const names = [
    '-subj',
    '/CN=kube-apiserver',
    '-addext',
    `subjectAltName=DNS:localhost,IP:127.0.0.1,IP:${address}`,
  ];
  try {
    await execa(program('openssl'), [
      'req',
      '-x509',
      ...algorithm,
      '-keyout',
      key,
      '-out',
      certificate,
      ...names,
    ]);
    return { certificate: await readFile(certificate, 'utf8'), key: await readFile(key, 'utf8') };
  } finally {
    await rm(scratch, { recursive: true });
  }
}
