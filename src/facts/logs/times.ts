/** When a message was logged, and how often. Pure. */

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

const iso = /\b(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:[.,]\d+)?(Z|[+-]\d\d:?\d\d)?/;
const syslog = /\b(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) +(\d{1,2}) (\d\d:\d\d:\d\d)\b/;
const klog = /(?:^|[^A-Za-z0-9])[IWEF](\d\d)(\d\d) (\d\d:\d\d:\d\d)\.\d+/;
const journal = /__REALTIME_TIMESTAMP(?:=|":")(\d{16})/g;
const seconds = /"ts":(\d{9,13})(?:\.\d+)?/;

/** A time as the log has it, to the second: in UTC with a Z, or without a zone where the log has none. */
export type LogTime = string;

const shown = (ms: number): LogTime => `${new Date(ms).toISOString().slice(0, 19)}Z`;

const isValid = (text: string): boolean => !Number.isNaN(Date.parse(text));

/** Of the journal's own record, in its export or JSON form. @param text the record up to its message */
export function journalTime(text: string): LogTime | null {
  const microseconds = [...text.matchAll(journal)].at(-1)?.[1];
  return microseconds === undefined ? null : shown(Number(microseconds) / 1000);
}

/**
 * The leftmost time on a line: of the outermost log, which every line has.
 * @param now ms since the epoch; a time without a year is the last one before it
 */
export function timeOnLine(line: string, now: number): LogTime | null {
  const candidates = [isoTime, yearlessTime(syslog, syslogDay), yearlessTime(klog, klogDay), epochTime];
  const found = candidates.flatMap((read) => read(line, now) ?? []);
  return found.toSorted((left, right) => left.index - right.index)[0]?.time ?? null;
}

type Read = (line: string, now: number) => { index: number; time: LogTime } | null;

const isoTime: Read = (line) => {
  const found = iso.exec(line);
  if (!found) return null;
  const [, day, time, zone] = found;
  const text = `${day}T${time}${zone ?? ''}`;
  if (!isValid(text)) return null;
  return { index: found.index, time: zone === undefined ? text : shown(Date.parse(text)) };
};

const syslogDay = ([, month = '', day = '']: RegExpExecArray): [string, string] => [
  String(months.indexOf(month) + 1).padStart(2, '0'),
  day.padStart(2, '0'),
];
const klogDay = ([, month = '', day = '']: RegExpExecArray): [string, string] => [month, day];

/** A day ahead of now is of a machine in another zone. */
const aheadMs = 86_400_000;

function yearlessTime(pattern: RegExp, dayOf: (found: RegExpExecArray) => [string, string]): Read {
  return (line, now) => {
    const found = pattern.exec(line);
    if (!found) return null;
    const [month, day] = dayOf(found);
    const year = new Date(now).getUTCFullYear();
    const text = `${year}-${month}-${day}T${found[3]}`;
    if (!isValid(text)) return null;
    const time = Date.parse(`${text}Z`) > now + aheadMs ? `${year - 1}${text.slice(4)}` : text;
    return { index: found.index, time };
  };
}

const epochTime: Read = (line) => {
  const found = seconds.exec(line);
  if (!found) return null;
  const [, digits = ''] = found;
  return { index: found.index, time: shown(Number(digits) * (digits.length > 11 ? 1 : 1000)) };
};

/** What an event says of itself, from the text before its message: how often it was seen, and from when to when. */
export function eventTimes(preceding: string): {
  count: number;
  first: LogTime | null;
  last: LogTime | null;
} {
  const event = preceding.slice(Math.max(0, eventStart(preceding)));
  const value = (name: string): string =>
    new RegExp(`"?${name}"?: "?([\\w:.+-]+)"?,?$`, 'm').exec(event)?.[1] ?? '';
  const time = (name: string): LogTime | null =>
    isValid(value(name)) && value(name).includes('T') ? shown(Date.parse(value(name))) : null;
  const count = Number(value('count'));
  return {
    count: Number.isInteger(count) && count > 0 && count < 1e9 ? count : 1,
    first: time('firstTimestamp') ?? time('eventTime'),
    last: time('lastTimestamp') ?? time('eventTime'),
  };
}

/** Where the event begins that the text ends in: as an entry of a list, or as the document. */
const eventStart = (text: string): number =>
  [...text.matchAll(/^(?:- (?:action|apiVersion): .*| *\{)$/gm)].findLast(({ index }) => {
    const rest = text.slice(index);
    return /"?involvedObject"?:/.test(rest) && rest.match(/"?involvedObject"?:/g)?.length === 1;
  })?.index ?? 0;
