import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cluster } from './cluster.ts';
import { paths } from './layout.ts';

/** A rule of a Role or a ClusterRole. */
export interface Rule {
  apiGroups: string[];
  resources: string[];
  resourceNames?: string[];
  verbs: string[];
}

export interface Right {
  verb: string;
  resource: string;
  words: string;
}

/** One for each verb, as needsOf names them. */
export const rightsIn = ({ apiGroups, resources, resourceNames, verbs }: Rule): Right[] =>
  verbs.map((verb) => {
    const resource = [resources[0], apiGroups[0]].filter(Boolean).join('.');
    return { verb, resource, words: `${verb} ${[resource, ...(resourceNames ?? [])].join('/')}` };
  });

/** A role, and its binding to a user of the same name. */
export function bound(
  namespace: string,
  kind: 'Role' | 'ClusterRole',
  name: string,
  rules: Rule[],
): object[] {
  const metadata = kind === 'Role' ? { name, namespace } : { name };
  const apiVersion = 'rbac.authorization.k8s.io/v1';
  const apiGroup = 'rbac.authorization.k8s.io';
  const binding = {
    roleRef: { apiGroup, kind, name },
    subjects: [{ apiGroup, kind: 'User', name }],
  };
  return [
    { apiVersion, kind, metadata, rules: rules.filter(({ verbs }) => verbs.length > 0) },
    { apiVersion, kind: `${kind}Binding`, metadata, ...binding },
  ];
}

/** A kubeconfig of the administrator as another user. */
export function impersonating(cluster: Cluster, user: string): string {
  const file = join(paths.users, `${user}.kubeconfig`);
  const config = JSON.parse(readFileSync(cluster.adminKubeconfig, 'utf8')) as { users: { user: object }[] };
  for (const each of config.users) Object.assign(each.user, { as: user });
  writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
  return file;
}
