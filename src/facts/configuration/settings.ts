/** Options of NixOS that can bring a fix to kubelet, or to CSI drivers. */
import type { Node } from './expression.ts';
import { parts } from './expression.ts';
import { bare, unmodified, walk } from './nix.ts';
import { marksOf, type Scope } from './scope.ts';
import type { Mark, Removal, Sighting } from './sighting.ts';
import { distributionOfUnit, utilLinuxNames } from './words.ts';

type Names = (string | null)[];
type Setting = Pick<Sighting, 'kind' | 'marks' | 'removals' | 'unit' | 'distribution' | 'name' | 'isForced'>;

const none = { unit: null, distribution: null, name: null, isForced: false } as const;

/** The rest of a path after these names, from the last place where they stand; null if they do not. */
function after(path: Names, ...names: string[]): Names | null {
  for (let start = path.length - names.length; start >= 0; start -= 1)
    if (names.every((name, index) => path[start + index] === name)) return path.slice(start + names.length);
  return null;
}

/**
 * What a binding sets because of the defect; null for anything else.
 * @param whole how the binding as a whole is taken out
 */
export function settingIn(path: Names, value: Node, whole: Removal[], scope: Scope): Setting | null {
  const service = after(path, 'systemd', 'services');
  if (service) return serviceSetting(service, value, whole, scope);
  const wrapper = after(path, 'security', 'wrappers');
  if (wrapper && (wrapper[0] === 'mount' || wrapper[0] === 'umount') && isSource(wrapper)) {
    const marks = marksOf(value, scope);
    if (marks.length === 0) return null;
    return { kind: 'mount-wrapper', marks, removals: whole, ...none, name: wrapper[0] };
  }
  const replaced =
    after(path, 'system', 'replaceDependencies', 'replacements') ??
    after(path, 'system', 'replaceRuntimeDependencies');
  if (replaced?.length === 0) return replacement(value, whole, scope);
  const [option, ...deeper] = after(path, 'services', 'subpathfix', 'fix') ?? [];
  if ((option === 'enable' || option === 'wrapper') && deeper.length === 0 && isTrue(value))
    return { kind: 'module-option', marks: [], removals: whole, ...none, name: option };
  return null;
}

const isTrue = (given: Node): boolean => {
  const { value } = unmodified(given);
  return value.type === 'variable_expression' && value.text === 'true';
};

const isSource = (path: Names): boolean => path.length === 1 || (path.length === 2 && path[1] === 'source');

function serviceSetting([name, ...path]: Names, value: Node, whole: Removal[], scope: Scope): Setting | null {
  const unit = name ?? null;
  const distribution = unit === null ? null : (distributionOfUnit(unit) ?? null);
  // A name that is computed can be any unit's: only what can be nothing but the fix counts there.
  if (distribution === null && unit !== null) return null;
  const { isForced } = unmodified(value);
  const about = { unit, distribution, isForced };
  if (path.length === 1 && path[0] === 'path') {
    const marks = marksOf(value, scope);
    if (marks.length === 0 || (unit === null && !isCertain(marks))) return null;
    return {
      kind: 'service-path',
      marks,
      removals: entries(value, whole, scope, isForced),
      ...about,
      name: 'path',
    };
  }
  if (path.length === 2 && path[0] === 'environment' && path[1] != null) {
    const marks = variableMarks(path[1], value, scope);
    if (marks.length === 0 || unit === null) return null;
    return { kind: 'service-environment', marks, removals: whole, ...about, name: path[1] };
  }
  if (path.length === 2 && path[0] === 'serviceConfig' && path[1] === 'Environment' && unit !== null)
    return assignment(value, whole, scope, about);
  return null;
}

const isCertain = (marks: Mark[]): boolean => marks.some(({ kind }) => kind !== 'foreign');

/** What a variable of a service has to do with the defect. */
function variableMarks(name: string, value: Node, scope: Scope): Mark[] {
  if (isForce(name, scope)) {
    const text = unmodified(value).value.text.replace(/^["']+|["']+$/g, '');
    return text === scope.known.environment.value ? [{ kind: 'variable', detail: text }] : [];
  }
  if (name !== 'PATH' && name !== 'KUBELET_PATH') return [];
  const marks = marksOf(value, scope);
  // k0s gives KUBELET_PATH to kubelet alone: a util-linux in it is there for kubelet's mount.
  return marks.length === 0 && name === 'KUBELET_PATH' && mentionsUtilLinux(value)
    ? [{ kind: 'variable', detail: name }]
    : marks;
}

/** The variable for libmount; k0s strips the prefix (distributions/k0s.ts). */
const isForce = (name: string, { known }: Scope): boolean =>
  [known.environment.variable, `KUBELET_${known.environment.variable}`].includes(name);

function mentionsUtilLinux(value: Node): boolean {
  let found = false;
  walk(value, ({ type, text }) => {
    if (type === 'identifier' || type === 'variable_expression') found ||= utilLinuxNames.includes(text);
    return found ? false : undefined;
  });
  return found;
}

/** serviceConfig.Environment, a line or a list of lines. */
function assignment(
  given: Node,
  whole: Removal[],
  scope: Scope,
  about: Pick<Sighting, 'unit' | 'distribution' | 'isForced'>,
): Setting | null {
  const { value } = unmodified(given);
  const lines = value.type === 'list_expression' ? parts(value) : [value];
  const ours = lines.flatMap((line) => {
    const [, name = '', text = ''] = /^["']+(\w+)=([^"']*)/.exec(bare(line).text) ?? [];
    const forces = isForce(name, scope) && text === scope.known.environment.value;
    const marks: Mark[] = forces ? [{ kind: 'variable', detail: text }] : marksOf(line, scope);
    const counts = forces || name === 'PATH' || name === 'KUBELET_PATH';
    return counts && marks.length > 0 ? [{ line, name, marks }] : [];
  });
  const [first] = ours;
  if (!first) return null;
  const removals = ours.length === lines.length ? whole : ours.map(({ line }) => entryOf(line));
  return {
    kind: 'service-environment',
    marks: ours.flatMap(({ marks }) => marks),
    removals,
    ...about,
    name: first.name,
  };
}

const entryOf = (node: Node): Removal => ({ how: 'entry', start: node.startIndex, end: node.endIndex });

/** The entries of a list that have the fix, or the binding as a whole where all have; null for another value. */
function entries(given: Node, whole: Removal[], scope: Scope, isForced: boolean): Removal[] | null {
  const { value } = unmodified(given);
  if (value.type !== 'list_expression') return null;
  const all = parts(value);
  const ours = all.filter((entry) => marksOf(entry, scope).length > 0);
  if (ours.length === all.length) return whole;
  // What is forced is all that the unit has: without this entry it may have no mount.
  return isForced || ours.length === 0 ? null : ours.map(entryOf);
}

/** system.replaceDependencies.replacements: a list of { original, replacement }. */
function replacement(given: Node, whole: Removal[], scope: Scope): Setting | null {
  const { value, isForced } = unmodified(given);
  if (value.type !== 'list_expression') return null;
  const all = parts(value);
  const ours = all.filter(
    (entry) => /util-?linux/.test(bare(entry).text) && marksOf(entry, scope).length > 0,
  );
  if (ours.length === 0) return null;
  const removals = ours.length === all.length ? whole : ours.map(entryOf);
  const marks = ours.flatMap((entry) => marksOf(entry, scope));
  return { kind: 'replace-dependencies', marks, removals, ...none, isForced, name: 'util-linux' };
}
