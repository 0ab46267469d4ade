/** Which pod a message is about, and when it was logged: from its own line, or from the object that it stands in. Pure. */

/** Empty where it is not known. */
export interface PodName {
  uid: string;
  namespace: string;
  name: string;
}

/** Where kubelet mounts a subPath; empty where it is not known. */
export interface Place {
  volume: string;
  container: string;
  index: string;
}

export const nobody: PodName = { uid: '', namespace: '', name: '' };

const label = '[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?';
const uid = '[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}';

/** As kubelet lays it out: <root>/pods/<uid>/volume-subpaths/<volume>/<container>/<index>. */
const subpath =
  /\/pods\/([\w.-]{1,64})\/volume-subpaths\/([\w.~-]{1,253})(?:\/([\w.-]{1,63})(?:\/(\d{1,4}))?)?/g;

/** The last path of a subPath in a text, with the pod that it belongs to. */
export function subpathIn(text: string): { place: Place; uid: string } | null {
  const found = [...text.matchAll(subpath)].at(-1);
  if (!found) return null;
  const [, pod = '', volume = '', container = '', index = ''] = found;
  return { uid: pod, place: { volume, container, index } };
}

const ownPod: RegExp[] = [
  new RegExp(`\\bpod="?(?<namespace>${label})/(?<name>${label})"?(?: podUID="?(?<uid>${uid}))?`),
  new RegExp(
    `"pod":\\{"name":"(?<name>${label})","namespace":"(?<namespace>${label})"\\}(?:.*?"podUID":"(?<uid>${uid}))?`,
  ),
  new RegExp(`\\bin pod (?<name>${label})_(?<namespace>${label})\\((?<uid>${uid})\\)`),
  new RegExp(`\\bpod "(?<name>${label})" \\(UID: "(?<uid>${uid})"\\)`),
  new RegExp(`Creating container: (?<namespace>${label})/(?<name>${label})/`),
  // A row of `kubectl get events`; with --all-namespaces it begins with the namespace.
  new RegExp(
    `^(?:(?<namespace>${label}) {2,})?(?:\\d+[smhdy])+(?: \\(.*?\\))? +\\w+ +\\w+ +pod/(?<name>${label}) `,
  ),
];

/** The pod that the line names; the names of its own fields, not of a path. */
export function podOnLine(line: string): PodName {
  for (const pattern of ownPod) {
    const groups = pattern.exec(line)?.groups;
    if (groups) return podFrom(groups);
  }
  return nobody;
}

const podFrom = (groups: Partial<Record<keyof PodName, string | undefined>>): PodName => ({
  uid: groups.uid ?? '',
  namespace: groups.namespace ?? '',
  name: groups.name ?? '',
});

/** The last match of a pattern in a text. */
const last = (text: string, pattern: RegExp): string => [...text.matchAll(pattern)].at(-1)?.[1] ?? '';

/**
 * The pod of the object that the message is in: of an event, a pod or `kubectl describe`.
 * @param preceding the text before the message's line
 */
export function podAround(preceding: string): PodName {
  const event = lastIndex(preceding, /"?involvedObject"?:/g);
  const pod = lastIndex(preceding, /^[- ]*"?kind"?: "?Pod"?,?$/gm);
  const described = lastIndex(preceding, /^Name: +\S+$/gm);
  const nearest = Math.max(event, pod, described);
  if (nearest < 0) return nobody;
  const inner = preceding.slice(nearest);
  if (nearest === described) {
    return {
      uid: '',
      name: last(inner, /^Name: +([a-z0-9.-]+)$/gm),
      namespace: last(inner, /^Namespace: +([a-z0-9.-]+)$/gm),
    };
  }
  // The keys are sorted: those of the object itself come before the message, with the smallest indentation.
  const field = (name: string): string => shallowest(inner, name);
  return { uid: field('uid'), namespace: field('namespace'), name: field('name') };
}

const lastIndex = (text: string, pattern: RegExp): number => [...text.matchAll(pattern)].at(-1)?.index ?? -1;

function shallowest(text: string, name: string): string {
  let best = '';
  let depth = Number.POSITIVE_INFINITY;
  for (const [, indent = '', value = ''] of text.matchAll(
    new RegExp(`^( +)"?${name}"?: "?([a-z0-9.-]+)"?,?$`, 'gm'),
  )) {
    if (indent.length < depth) [best, depth] = [value, indent.length];
  }
  return best;
}
