/** The permissions that a run needs, checked in one call before anything is created. */
import { valueAt } from '../cluster/views.ts';
import { type ApiObject, apiObject, listOf } from './objects.ts';

export interface Need {
  verb: string;
  /** with its group, as kubectl auth can-i takes it */
  resource: string;
}

const needs = (verbs: string, ...resources: string[]): Need[] =>
  resources.flatMap((resource) => verbs.split(' ').map((verb) => ({ verb, resource })));

/**
 * @param own whether the namespace is the run's own
 * @param all whether there is a DaemonSet
 * @param nodes what it takes to find the node of this machine; null if that is named
 */
export function needsOf(own: boolean, all: boolean, nodes: 'get' | 'list' | null = null): Need[] {
  const clears = own ? '' : ' list delete';
  return [
    ...(own ? needs('create get list watch delete', 'namespaces') : []),
    ...needs(`create${own ? '' : ' get list watch delete'}`, 'jobs.batch'),
    ...needs(`create${clears}`, 'configmaps', 'secrets'),
    ...needs(`${all ? '' : 'create '}get list watch delete`, 'pods'),
    ...needs('watch', 'events'),
    ...(nodes === null ? [] : needs(nodes, 'nodes')),
    ...(all
      ? [...needs('create get list watch update delete', 'daemonsets.apps'), ...needs('list watch', 'nodes')]
      : []),
  ];
}

/** A review for each need: `kubectl create` prints the answers in the same order. */
export function reviews(all: Need[], namespace: string): ApiObject {
  return listOf(
    all.map(({ verb, resource }) => {
      const [name, group = ''] = resource.split('.');
      const where = clusterScoped.has(resource) ? {} : { namespace };
      const spec = { resourceAttributes: { verb, resource: name, group, ...where } };
      return apiObject('authorization.k8s.io/v1', 'SelfSubjectAccessReview', {}, { spec });
    }),
  );
}

const clusterScoped = new Set(['namespaces', 'nodes']);

/** @param answers one for each need; a missing one counts as a no */
export function denied(all: Need[], answers: unknown[]): string[] {
  const lacking = all.filter((_need, index) => valueAt(answers[index], 'status', 'allowed') !== true);
  const resources = [...new Set(lacking.map(({ resource }) => resource))];
  return resources.map((resource) => {
    const verbs = lacking.filter((need) => need.resource === resource).map(({ verb }) => verb);
    return `${verbs.join(', ')} ${resource}`;
  });
}
