/** What was seen of a pod: adding to it, and putting two together. */
import type { LookAlikeCode } from '../../advisory/look-alikes.ts';
import type { Signature } from '../../advisory/signatures.ts';
import { nobody, type Place, type PodName } from './context.ts';
import type { Sighting } from './sightings.ts';
import type { LogTime } from './times.ts';

/** What was seen of one subPath mount. */
export interface SeenPlace extends Place {
  signatures: Set<Signature['id']>;
  lookAlikes: Set<LookAlikeCode>;
  /** kubelet was seen to mount it; proves nothing alone */
  attempted: boolean;
}

/** What was seen of one pod, or of none that is named. */
export interface SeenPod extends PodName {
  first: LogTime | null;
  last: LogTime | null;
  /** messages of the defect or of another cause */
  count: number;
  signatures: Map<Signature['id'], number>;
  places: SeenPlace[];
  /** what was logged, once for each message */
  examples: Map<string, string>;
  /** when the last message was that can only be the defect's, and the last one of a leftover */
  lastOf: { defect: LogTime | null; leftover: LogTime | null };
}

const mostPlaces = 64;
const exampleLength = 400;

/** A substring keeps the whole text in memory. */
export const copyOf = (text: string): string => Buffer.from(text).toString();

export const newPod = ({ uid, namespace, name }: PodName): SeenPod => ({
  uid: copyOf(uid),
  namespace: copyOf(namespace),
  name: copyOf(name),
  first: null,
  last: null,
  count: 0,
  signatures: new Map(),
  places: [],
  examples: new Map(),
  lastOf: { defect: null, leftover: null },
});

/** Whether two say the same mount; what one of them does not say can be anything. */
export const isSame = (left: Place, right: Place): boolean =>
  left.volume === right.volume &&
  left.container === right.container &&
  (left.index === right.index || left.index === '' || right.index === '');

const earlier = (left: LogTime | null, right: LogTime | null): LogTime | null =>
  left === null || (right !== null && right < left) ? right : left;
const later = (left: LogTime | null, right: LogTime | null): LogTime | null =>
  left === null || (right !== null && right > left) ? right : left;

export function record(pod: SeenPod, sighting: Sighting): void {
  pod.count += sighting.count;
  pod.first = earlier(pod.first, sighting.first);
  pod.last = later(pod.last, sighting.last);
  if (pod.name === '' && sighting.pod.name !== '') {
    [pod.namespace, pod.name] = [copyOf(sighting.pod.namespace), copyOf(sighting.pod.name)];
  }
  const place = placeIn(pod, sighting.place);
  const code = 'signature' in sighting ? sighting.signature.id : sighting.lookAlike;
  if (!pod.examples.has(code)) pod.examples.set(code, copyOf(sighting.example.slice(0, exampleLength)));
  if (!('signature' in sighting)) {
    place.lookAlikes.add(sighting.lookAlike);
    return;
  }
  const { id, part } = sighting.signature;
  place.signatures.add(id);
  pod.signatures.set(id, (pod.signatures.get(id) ?? 0) + sighting.count);
  if (part === 'mount' || part === 'runtime') pod.lastOf.defect = later(pod.lastOf.defect, sighting.last);
  if (part === 'leftover') pod.lastOf.leftover = later(pod.lastOf.leftover, sighting.last);
}

function placeIn(pod: SeenPod, place: Place): SeenPlace {
  const known = pod.places.find((each) => isSame(each, place));
  if (known) {
    if (known.index === '') known.index = copyOf(place.index);
    return known;
  }
  const [volume, container, index] = [place.volume, place.container, place.index].map(copyOf);
  const seen: SeenPlace = {
    ...{ volume: volume ?? '', container: container ?? '', index: index ?? '' },
    ...{ signatures: new Set(), lookAlikes: new Set(), attempted: false },
  };
  // The last one stands for all that follow.
  if (pod.places.length < mostPlaces) pod.places.push(seen);
  return pod.places.length < mostPlaces ? seen : (pod.places.at(-1) ?? seen);
}

export function merged(into: SeenPod, from: SeenPod): SeenPod {
  into.count += from.count;
  into.first = earlier(into.first, from.first);
  into.last = later(into.last, from.last);
  if (into.name === '') [into.namespace, into.name] = [from.namespace, from.name];
  for (const [id, count] of from.signatures) into.signatures.set(id, (into.signatures.get(id) ?? 0) + count);
  for (const [code, text] of from.examples) if (!into.examples.has(code)) into.examples.set(code, text);
  for (const each of from.places) {
    const place = placeIn(into, each);
    for (const id of each.signatures) place.signatures.add(id);
    for (const code of each.lookAlikes) place.lookAlikes.add(code);
    place.attempted ||= each.attempted;
  }
  into.lastOf.defect = later(into.lastOf.defect, from.lastOf.defect);
  into.lastOf.leftover = later(into.lastOf.leftover, from.lastOf.leftover);
  return into;
}

/** Gives what was said of no pod to the pod that has the same volume and container, if that is one alone. */
export function settled(pods: SeenPod[]): SeenPod[] {
  const nameless = pods.find((pod) => pod.uid === '' && pod.name === '');
  if (!nameless) return pods;
  const others = pods.filter((pod) => pod !== nameless);
  const left: SeenPlace[] = [];
  for (const place of nameless.places) {
    const owners = others.filter((pod) =>
      pod.places.some((each) => place.volume !== '' && isSame(each, place)),
    );
    // A reason holds for every pod with this mount that gives none; a message of the defect for one alone.
    const isReason = place.signatures.size === 0;
    if (owners.length === 0 || (owners.length > 1 && !isReason)) left.push(place);
    else for (const owner of owners) addPlace(owner, place);
  }
  return left.length === 0 ? others : [...others, { ...nameless, ...nobody, places: left }];
}

function addPlace(pod: SeenPod, place: SeenPlace): void {
  const into = placeIn(pod, place);
  for (const id of place.signatures) into.signatures.add(id);
  for (const code of place.lookAlikes) into.lookAlikes.add(code);
}
