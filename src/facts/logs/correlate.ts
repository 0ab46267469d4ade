/** Gathers what lines say into one entry a pod, in bounded memory. */
import type { PodName } from './context.ts';
import { copyOf, isSame, merged, newPod, record, type SeenPod, settled } from './seen.ts';
import type { Sighting } from './sightings.ts';

export interface Correlation {
  add(sighting: Sighting): SeenPod | null;
  /** Names that the cluster knows. */
  name(names: ReadonlyMap<string, Pick<PodName, 'namespace' | 'name'>>): void;
  /** Of messages, in the order of the log. */
  pods(): SeenPod[];
  /** of messages about pods beyond the limit */
  cut(): number;
}

/** Pods that are kept; beyond that messages are only counted. */
export const mostPods = 2000;
/** Mounts without an error are kept for what may come: the newest ones. */
const mostAttempts = 4096;

export function correlation(): Correlation {
  const pods = new Map<string, SeenPod>();
  const uidOf = new Map<string, string>();
  const attempts = new Set<string>();
  let cut = 0;

  const keyOf = ({ uid, namespace, name }: PodName): string => {
    if (uid !== '') return uid;
    if (name === '') return '';
    return uidOf.get(`${namespace}/${name}`) ?? `${namespace}/${name}`;
  };

  const learn = ({ uid, namespace, name }: PodName): void => {
    if (uid === '' || name === '' || uidOf.size > 2 * mostPods) return;
    const full = copyOf(`${namespace}/${name}`);
    if (uidOf.has(full)) return;
    uidOf.set(full, copyOf(uid));
    const byName = pods.get(full);
    if (!byName) return;
    pods.delete(full);
    const known = pods.get(uid);
    pods.set(copyOf(uid), known ? merged(known, byName) : { ...byName, uid: copyOf(uid) });
  };

  const attempt = ({ pod, place }: Sighting): void => {
    const known = pods.get(keyOf(pod));
    const seen = known?.places.find((each) => isSame(each, place));
    if (seen) seen.attempted = true;
    attempts.add(copyOf(`${keyOf(pod)}/${place.volume}/${place.container}/${place.index}`));
    if (attempts.size > mostAttempts) attempts.delete(attempts.values().next().value ?? '');
  };

  return {
    add(sighting) {
      if ('signature' in sighting && sighting.attempt) {
        attempt(sighting);
        return null;
      }
      learn(sighting.pod);
      const key = keyOf(sighting.pod);
      let pod = pods.get(key);
      if (!pod) {
        if (pods.size >= mostPods) {
          cut += 1;
          return null;
        }
        pod = newPod(sighting.pod);
        pods.set(copyOf(key), pod);
      }
      record(pod, sighting);
      const { volume, container, index } = sighting.place;
      const place = pod.places.find((each) => isSame(each, sighting.place));
      if (place && attempts.has(`${key}/${volume}/${container}/${index}`)) place.attempted = true;
      return pod;
    },
    name(names) {
      for (const pod of pods.values()) {
        const found = names.get(pod.uid);
        if (found) [pod.namespace, pod.name] = [found.namespace, found.name];
      }
    },
    pods: () => settled([...pods.values()]),
    cut: () => cut,
  };
}
