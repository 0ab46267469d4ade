/** The patches of a derivation, from the list that it has. */
import type { Advisory } from '../../advisory/index.ts';
import { type Fact, known, unknown } from '../fact.ts';
import type { Patch } from '../facts.ts';
import { both, condition, negated } from './conditions.ts';
import { type Form, settled, textOf } from './forms.ts';
import { elements } from './lists.ts';
import { attribute } from './sets.ts';

/** A patch as it is listed; local is its path relative to the first file, for one beside it. */
export type ListedPatch = Patch & { local: string | null };

const contentNotRead = unknown('not-tried', 'its content was not read');
const unconditional = known(true, 'listed without a condition');

/**
 * Every patch that the list can have, each with whether it applies on NixOS.
 * @throws {NotUnderstood} for what is no list, which could hold anything
 */
export const listPatches = (list: Form, { sourceFile }: Advisory): ListedPatch[] =>
  elements(list).flatMap(({ value, applies }, index) =>
    alternatives(value(), applies ?? unconditional).map(({ form, when }) => ({
      applies: when,
      ...patch(form, index + 1, sourceFile),
    })),
  );

/** An element can itself be one of two. */
function alternatives(form: Form, when: Fact<boolean>): { form: Form; when: Fact<boolean> }[] {
  if (form.kind !== 'choice') return [{ form, when }];
  return [
    ...alternatives(form.yes(), both(when, form.condition)),
    ...alternatives(form.no(), both(when, negated(form.condition))),
  ];
}

type Read = Omit<ListedPatch, 'applies'>;

function patch(form: Form, number: number, sourceFile: string): Read {
  if (form.kind === 'path') {
    const name = form.text.split('/').at(-1) ?? form.text;
    return { name, local: form.path, touchesDefect: contentNotRead };
  }
  if (form.kind === 'call' && /(^|\.)fetch(patch2?|url|urlBoot)$/.test(form.name)) {
    const argument = form.args[0]?.();
    const read = argument && fetched(argument, sourceFile);
    if (read) return read;
  }
  const reason = form.kind === 'unread' ? form.reason : `it is a ${form.kind}`;
  return {
    name: `patch ${number} of the list`,
    local: null,
    unread: true,
    touchesDefect: unknown('not-understood', `patch ${number} of the list has an unknown form: ${reason}`),
  };
}

/** What fetchpatch, or another fetcher, makes of its arguments; null if they do not say what is fetched. */
function fetched(argument: Form, sourceFile: string): Read | null {
  const urls = settled(attribute(argument, 'urls'));
  const first = urls.kind === 'list' ? urls.items[0]?.() : undefined;
  const url = textOf(attribute(argument, 'url')) ?? (first ? textOf(first) : null);
  const name = textOf(attribute(argument, 'name')) ?? url?.split('/').at(-1);
  if (name === undefined) return null;
  const revert = settled(attribute(argument, 'revert'));
  const reverts = revert.kind === 'absent' ? known(false, '') : condition(revert);
  return {
    name,
    local: null,
    ...(url === null ? {} : { url }),
    ...(reverts.known && reverts.value ? { reverts: true as const } : {}),
    touchesDefect: reverts.known ? selects(argument, sourceFile) : reverts,
  };
}

/** Whether what is fetched still changes the file with the defect, once the arguments have selected from it. */
function selects(argument: Form, sourceFile: string): Fact<boolean> {
  for (const name of ['postFetch', 'relative', 'stripLen', 'extraPrefix', 'decode', 'downloadToTemp']) {
    if (attribute(argument, name).kind !== 'absent')
      return unknown('not-understood', `${name} can change what is fetched`);
  }
  const [includes, excludes] = ['includes', 'excludes'].map((name) => globs(attribute(argument, name)));
  if (includes === null || excludes === null)
    return unknown('not-understood', 'its includes or excludes are not understood');
  const matches = (glob: string): boolean => globMatches(glob, sourceFile);
  if (excludes?.some(matches)) return known(false, 'its excludes leave the file out');
  if (includes?.length && !includes.some(matches)) return known(false, 'its includes leave the file out');
  return contentNotRead;
}

/** null if they cannot be read */
function globs(given: Form): string[] | null {
  const form = settled(given);
  if (form.kind === 'absent') return [];
  if (form.kind !== 'list') return null;
  const texts = form.items.map((item) => textOf(item()));
  return texts.every((text) => text !== null) ? texts : null;
}

/** A glob of filterdiff(1), which also matches across slashes. */
function globMatches(glob: string, file: string): boolean {
  const pattern = glob
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^(?:[ab]/)?${pattern}$`, 'u').test(file);
}
