/** What one line of a log says: which messages of the defect, of which pod, when. Pure. */
import type { Advisory } from '../../advisory/index.ts';
import { type LookAlikeCode, lookAlikeOf } from '../../advisory/look-alikes.ts';
import { type Match, matchSignatures, type Signature } from '../../advisory/signatures.ts';
import { type Place, type PodName, podAround, podOnLine, subpathIn } from './context.ts';
import type { Passage } from './scan.ts';
import { eventTimes, journalTime, type LogTime, timeOnLine } from './times.ts';
import { unquoted } from './unquote.ts';

interface Seen {
  pod: PodName;
  place: Place;
  count: number;
  first: LogTime | null;
  last: LogTime | null;
  /** the message itself, without what is around it */
  example: string;
}

/** A message of the defect, or what shows another cause. */
export type Sighting = Seen &
  (
    | { signature: Signature /** of a mount that need not have failed */; attempt: boolean }
    | { lookAlike: LookAlikeCode }
  );

export interface Sightings {
  found: Sighting[];
  /** how many of the lines after it belong to the message */
  taken: number;
}

export interface ReadOptions {
  advisory: Pick<Advisory, 'signatures'>;
  /** ms since the epoch */
  now: number;
}

/** What the same line can say of another cause too. */
const weak = new Set(['kubelet-bind', 'prepare-subpath', 'clean-subpath']);
/** The literals without which a line cannot matter, whatever is quoted or coloured in it; a longer one is found sooner. */
export const literals = ['/volume-subpaths', 'ailed to prepare subPath for volumeMount'];
export const earlyLiterals = [
  ...['volume-subpaths', 'subPath', ': file exists', 'wrong fs type', 'find key', 'bind,remount'],
  // "-subpaths" as the journal's JSON has it in a list of bytes
  '45,115,117,98,112,97,116,104,115',
  '45, 115, 117, 98, 112, 97, 116, 104, 115',
];

/** @returns nothing for a line that only contains a literal */
export function sightingsIn(passage: Passage, options: ReadOptions): Sightings {
  const text = unquoted(passage.line);
  const alone = read(text, passage, options);
  if (alone.length > 0 && !isCutOff(text)) return { found: alone, taken: 0 };
  // A message that is folded, as in YAML or on a narrow terminal, goes on in the next lines.
  let folded = text.trimEnd();
  for (const [index, line] of passage.following().entries()) {
    const next = unquoted(line);
    if (!goesOn(next)) break;
    folded += ` ${next.trim()}`;
    const found = read(folded, passage, options);
    if (found.length > 0 && found.length >= alone.length && !isCutOff(folded))
      return { found, taken: index + 1 };
  }
  return { found: alone, taken: 0 };
}

/** A message that ends before its reason, or before the names of what it is about. */
const isCutOff = (text: string): boolean =>
  /(?:\/volume-subpaths\/\S*:|subPath for volumeMount(?: \S+)?(?: of)?(?: container)?)\s*$/.test(text);

/** What such a message goes on with. */
const goesOn = (line: string): boolean =>
  /^\s*(?:(?:mkdir|open) \S*\/volume-subpaths\/|file exists|no such file|wrong fs type|move_mount|mount point|no mount point|"?[\w.~-]+["']*\s*(?:of\b|$)|of container\b|container ")/.test(
    line,
  );

function read(text: string, passage: Passage, { advisory, now }: ReadOptions): Sighting[] {
  const matches = matchSignatures(text, advisory);
  const strong = matches.filter(({ signature }) => !weak.has(signature.id));
  const lookAlike = lookAlikeOf(text, strong.length > 0);
  const isOther = lookAlike !== null && !strong.some((match) => outweighs(match, lookAlike));
  if (matches.length === 0 && !isOther) return [];
  const context = contextOf(text, passage, now);
  if (isOther && lookAlike) {
    const place = placeOnLine(text);
    const pod = withUid(context.pod, place.uid);
    return [{ ...context, pod, place: place.place, example: text.trim(), lookAlike }];
  }
  return matches.flatMap((match): Sighting[] => {
    if (match.signature.id === 'kubelet-bind' && strong.length > 0) return [];
    const where = placeOf(text, match);
    // Mount's own words count only for a subPath, or where what they are about is cut off.
    if (where === null) return [];
    const { signature } = match;
    const pod = withUid(context.pod, where.uid);
    return [
      {
        ...context,
        pod,
        place: where.place,
        example: match.match,
        signature,
        attempt: isAttempt(text, match),
      },
    ];
  });
}

/** Whether a message is the defect's nonetheless: kubelet's own failing mkdir reads like the runtime's. */
const outweighs = ({ signature: { part } }: Match, lookAlike: LookAlikeCode): boolean =>
  ({
    'other-mount': part !== 'mount',
    'gone-target': part !== 'runtime',
    'stale-nfs': part !== 'leftover',
    'dead-fuse': part !== 'leftover',
  })[lookAlike as string] ?? true;

function contextOf(
  text: string,
  passage: Passage,
  now: number,
): Pick<Sighting, 'pod' | 'count' | 'first' | 'last'> {
  const own = podOnLine(text);
  const once = { count: 1, first: null, last: null };
  const preceding = isInObject(text) ? unmarked(passage.preceding()) : null;
  const pod = own.name !== '' || preceding === null ? own : podAround(preceding);
  const event = preceding === null ? once : eventTimes(preceding);
  const time = journalTime(text) ?? exportTime(passage) ?? timeOnLine(text, now);
  return { pod, count: event.count, first: event.first ?? time, last: event.last ?? time };
}

/** Of a record in the journal's export form, whose message is the line, or has its length in bytes before it. */
function exportTime(passage: Passage): LogTime | null {
  if (!passage.line.startsWith('MESSAGE=') && !passage.preceding(20).includes('MESSAGE\n')) return null;
  const preceding = passage.preceding();
  return journalTime(preceding.slice(preceding.lastIndexOf('\n\n') + 1));
}

/** Several lines without carriage returns and quotation marks. */
const unmarked = (lines: string): string => lines.replace(/\r/g, '').replace(/^(?:[ \t]{0,3}> ?)+/gm, '');

/** Kubelet prints the arguments of a mount that failed after these words; others it may print of every mount. */
const isAttempt = (text: string, { signature, index }: Match): boolean =>
  signature.part === 'kubelet' && !/Mounting arguments: [^/]*$/.test(text.slice(0, index));

/** A line of YAML, JSON or `kubectl describe`: indented, or with a key. */
const isInObject = (text: string): boolean =>
  /^(?:\s+\S|"?message"?: )/.test(text) && !/^\s+(?:Mounting|Output)/.test(text);

const withUid = (pod: PodName, uid: string): PodName => (uid === '' ? pod : { ...pod, uid });

const nowhere: Place = { volume: '', container: '', index: '' };

/** What the text says of a match: the path in it or before it, or the names. Null if it is about something else. */
function placeOf(text: string, { signature, match, index }: Match): { place: Place; uid: string } | null {
  const own = subpathIn(match);
  if (own) return own;
  if (signature.part === 'symptom') return { ...namesAfter(text.slice(index)), uid: '' };
  if (signature.id === 'clean-subpath')
    return subpathIn(text.slice(index)) ?? { ...volumeAfter(text.slice(index)), uid: uidIn(text) };
  const before = text.slice(0, index);
  const from = before.lastIndexOf('mount: ');
  const subject = subpathIn(before.slice(Math.max(0, from)));
  if (subject) return subject;
  return /mount: \/\S*: $/.test(before) || signature.part === 'leftover' ? null : { place: nowhere, uid: '' };
}

function namesAfter(text: string): { place: Place } {
  const [, volume = '', container = ''] =
    /volumeMount "([\w.~-]+)"? of container "([\w.-]+)"?/.exec(text) ?? [];
  return { place: { volume, container, index: '' } };
}

const volumeAfter = (text: string): { place: Place } => ({
  place: { ...nowhere, volume: /for volume "([\w.~-]+)"/.exec(text)?.[1] ?? '' },
});

const uidIn = (text: string): string =>
  /\(UID: "([0-9a-f-]{32,36})"\)|podName:([0-9a-f-]{32,36})/.exec(text)?.slice(1).find(Boolean) ?? '';

/** Of a line about another cause: by its path, else by the names in klog's fields. */
function placeOnLine(text: string): { place: Place; uid: string } {
  const found = subpathIn(text);
  if (found) return found;
  const volume = /volumeMountName="([\w.~-]+)"/.exec(text)?.[1] ?? '';
  const container = /containerName="([\w.-]+)"/.exec(text)?.[1] ?? '';
  return volume || container
    ? { place: { volume, container, index: '' }, uid: '' }
    : { ...namesAfter(text), uid: '' };
}
