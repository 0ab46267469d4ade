/** Takes parts of a configuration out of its files, as a person would: whole attributes and whole list entries. Pure. */
import { type Node, parts } from '../facts/configuration/expression.ts';
import { namesOf } from '../facts/configuration/nix.ts';
import { parseText } from '../facts/configuration/parse.ts';
import type { Removal, Sighting } from '../facts/configuration/sighting.ts';

interface Changed {
  file: string;
  before: string;
  after: string;
}

export interface Removed {
  changes: Changed[];
  /** what has to be taken out by hand */
  byHand: Sighting[];
}

/**
 * @param texts every file of the configuration
 * @param sightings what can go
 */
export async function removed(
  texts: ReadonlyMap<string, string>,
  sightings: readonly Sighting[],
): Promise<Removed> {
  const byHand = new Set(sightings.filter(({ removals, kind }) => removals === null && kind !== 'generated'));
  const named = sightings.filter((each) => isBound(each));
  const ranges = new Map<string, Removal[]>();
  const taken = new Set(sightings.filter((each) => each.removals !== null && !isBound(each)));
  for (const each of taken) add(ranges, each);
  // A name can go when nothing that stays uses it; then what it uses can go, too.
  for (let isNew = true; isNew; ) {
    isNew = false;
    for (const each of named) {
      if (taken.has(each) || isUsed(each, texts, ranges)) continue;
      taken.add(each);
      add(ranges, each);
      isNew = true;
    }
  }
  for (const each of named) if (!taken.has(each)) byHand.add(each);
  const changes: Changed[] = [];
  for (const [file, own] of ranges) {
    const before = texts.get(file) ?? '';
    const after = await without(before, own);
    if (after !== null) changes.push({ file, before, after });
    else for (const each of taken) if (each.file === file) byHand.add(each);
  }
  return { changes: changes.sort((one, other) => (one.file < other.file ? -1 : 1)), byHand: [...byHand] };
}

/** Whether it is bound to a name, which goes with it. */
const isBound = ({ bound, removals }: Sighting): boolean =>
  bound !== null && (removals?.some(({ how }) => how === 'binding') ?? false);

function add(ranges: Map<string, Removal[]>, { file, removals }: Sighting): void {
  ranges.set(file, [...(ranges.get(file) ?? []), ...(removals ?? [])]);
}

/** Whether a name is used in what stays. */
function isUsed(
  sighting: Sighting,
  texts: ReadonlyMap<string, string>,
  ranges: Map<string, Removal[]>,
): boolean {
  const { name, file } = sighting;
  if (name === null) return true;
  const word = new RegExp(`(?<![\\w'-])${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?![\\w'-])`);
  for (const [each, text] of texts) {
    // What let binds is known in its own file only.
    if (sighting.bound === 'let' && each !== file) continue;
    if (!text.includes(name)) continue;
    const own = each === file ? (sighting.removals ?? []) : [];
    if (word.test(cut(text, [...(ranges.get(each) ?? []), ...own]))) return true;
  }
  return false;
}

/** The text without these ranges, and nothing else changed. */
function cut(text: string, ranges: readonly Removal[]): string {
  let [result, at] = ['', 0];
  for (const { start, end, replacement = '' } of merged(ranges)) {
    result += text.slice(at, start) + replacement;
    at = end;
  }
  return result + text.slice(at);
}

/** In order; what lies in another is gone with that. */
function merged(ranges: readonly Removal[]): Removal[] {
  const sorted = [...ranges].sort((one, other) => one.start - other.start || other.end - one.end);
  const kept: Removal[] = [];
  for (const range of sorted) if (range.start >= (kept.at(-1)?.end ?? 0)) kept.push(range);
  return kept;
}

/** @returns null where the result would not be Nix */
async function without(text: string, ranges: readonly Removal[]): Promise<string | null> {
  const whole = merged(widened(await parseText(text), ranges));
  const after = cut(
    text,
    whole.map((range) => withLines(text, range)),
  );
  const isNix = await parseText(after).then(
    () => true,
    () => false,
  );
  return isNix ? after : null;
}

/** Attributes that are empty by this go as a whole. */
function widened(root: Node, given: readonly Removal[]): Removal[] {
  const ranges = [...given];
  const isGone = ({ startIndex, endIndex }: Node): boolean =>
    ranges.some(({ start, end, how }) => how !== 'replace' && start <= startIndex && endIndex <= end);
  for (let index = 0; index < ranges.length; index += 1) {
    const { start, end, how } = ranges[index] as Removal;
    if (how !== 'binding' && how !== 'entry') continue;
    const around = above(root.around(start, end));
    if (!around || !parts(around.inside).every(isGone)) continue;
    ranges.push({ how: 'binding', start: around.binding.startIndex, end: around.binding.endIndex });
  }
  return ranges;
}

/** Lists that may be missing. */
const optional = new Set(['imports', 'overlays', 'path', 'systemPackages', 'replacements', 'Environment']);

/** The attribute whose value a part is in, if the attribute may be missing: an option of NixOS, not an argument. */
function above(node: Node): { inside: Node; binding: Node } | null {
  const inside = node.parent;
  const list = inside?.type === 'list_expression';
  const set = inside?.type === 'binding_set' && /attrset_expression$/.test(inside.parent?.type ?? '');
  const binding = list ? inside.parent : set ? inside.parent?.parent : null;
  if (!inside || binding?.type !== 'binding') return null;
  const names = namesOf(binding.childForFieldName('attrpath'));
  if (list) return optional.has(names.at(-1) ?? '') ? { inside, binding } : null;
  let top = names[0];
  for (let each = binding.parent; each; each = each.parent)
    if (each.type === 'binding') top = namesOf(each.childForFieldName('attrpath'))[0];
    else if (each.type === 'function_expression') break;
  return ['systemd', 'security', 'system', 'services', 'nixpkgs', 'inputs', 'config'].includes(top ?? '')
    ? { inside, binding }
    : null;
}

/** A comment right above that is about it. */
const about = /util-?linux|sub-?path|libmount|2\.41|mount/i;

/** With its lines, where nothing else stands on them, and the comment right above that is about it. */
function withLines(text: string, range: Removal): Removal {
  if (range.how === 'replace' || range.how === 'formal') return range;
  let { start, end } = range;
  const lineStart = text.lastIndexOf('\n', start - 1) + 1;
  const rest = /^[ \t]*(?:#[^\n]*)?(?:\n|$)/.exec(text.slice(end))?.[0];
  if (text.slice(lineStart, start).trim() !== '' || rest === undefined) {
    // A part of a line: with the blank before it.
    while (/[ \t]/.test(text[start - 1] ?? '') && start > lineStart) start -= 1;
    return { ...range, start, end };
  }
  end += rest.length;
  start = lineStart;
  for (;;) {
    const before = text.lastIndexOf('\n', start - 2) + 1;
    const line = text.slice(before, start);
    if (start === 0 || !/^\s*#/.test(line) || !about.test(line)) break;
    start = before;
  }
  // An empty line above and below: one is enough.
  if (/\n[ \t]*\n$/.test(text.slice(0, start)) && /^[ \t]*(?:\n|\})/.test(text.slice(end)))
    start = text.slice(0, start).replace(/[ \t]*\n$/, '').length;
  return { ...range, start, end };
}
