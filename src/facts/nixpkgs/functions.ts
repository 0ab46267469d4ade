/** Functions of nixpkgs and Nix that a package file uses around what matters here. */
import type { Fact } from '../fact.ts';
import {
  absent,
  choose,
  each,
  emptyList,
  type Form,
  lazy,
  setOf,
  settled,
  string,
  type Thunk,
  textOf,
  unread,
} from './forms.ts';
import { elements } from './lists.ts';
import { merged } from './sets.ts';

/** Calls what an expression stands for. */
export function apply(callee: Form, argument: Thunk, line: string, holds: Condition): Form {
  if (callee.kind === 'function') return callee.call(argument);
  if (callee.kind === 'choice') return each(callee, (side) => apply(side, argument, line, holds));
  if (callee.kind !== 'name' && callee.kind !== 'call')
    return callee.kind === 'unread' ? callee : unread(`${line}: what is called here is no function`);
  const args = callee.kind === 'call' ? [...callee.args, argument] : [argument];
  const { name } = callee;
  const known = functions[name.slice(name.lastIndexOf('.') + 1)];
  if (known && args.length === known.takes)
    return known.gives(args, (inner, value) => apply(inner, value, line, holds), holds);
  return { kind: 'call', name, line, args };
}

/** Whether the first argument of a function such as lib.optional holds. */
type Condition = (argument: Thunk) => Fact<boolean>;

interface KnownFunction {
  takes: number;
  gives(args: Thunk[], call: (callee: Form, argument: Thunk) => Form, holds: Condition): Form;
}

const nothing: Thunk = () => absent;

/** A function of a condition and a value: the value, or what stands for none. */
const optional = (value: (of: Thunk) => Form, otherwise: Form): KnownFunction => ({
  takes: 2,
  gives: ([when = nothing, what = nothing], _, holds) =>
    choose(
      holds(when),
      lazy(() => value(what)),
      () => otherwise,
    ),
});

/** A function that gives its argument, perhaps with a warning or an error. */
const passes = (takes: number): KnownFunction => ({ takes, gives: (args) => args.at(-1)?.() ?? absent });

/** By the last part of their names: lib.optional, lib.lists.optional and, in a `with lib`, optional. */
const functions: Readonly<Record<string, KnownFunction>> = {
  __proto__: null as never,
  mkDerivation: { takes: 1, gives: ([argument = nothing], call) => derivation(argument, call) },
  callPackage: { takes: 2, gives: callPackage },
  callPackages: { takes: 2, gives: callPackage },
  optional: optional((what) => ({ kind: 'list', items: [what] }), emptyList),
  optionals: optional((what) => what(), emptyList),
  optionalString: optional((what) => what(), string('')),
  optionalAttrs: optional((what) => what(), setOf()),
  removeAttrs: { takes: 2, gives: ([set = nothing, names = nothing]) => without(set(), names()) },
  concatStringsSep: {
    takes: 2,
    gives: ([separator = nothing, list = nothing]) => joinedText(separator(), list()),
  },
  map: {
    takes: 2,
    gives: ([how = nothing, list = nothing], call) => {
      const found = elements(list());
      const item = (value: Thunk): Thunk => lazy(() => call(how(), value));
      if (!found.every(({ applies }) => applies === null)) return unread('map over a list with conditions');
      return { kind: 'list', items: found.map((element) => item(element.value)) };
    },
  },
  makeOverridable: { takes: 2, gives: ([how = nothing, value = nothing], call) => call(how(), value) },
  throwIf: passes(3),
  throwIfNot: passes(3),
  warn: passes(2),
  warnIf: passes(3),
  lowPrio: passes(1),
  hiPrio: passes(1),
  addMetaAttrs: passes(2),
};

/** An argument of mkDerivation is a set, or a function of what mkDerivation makes of it. */
function derivation(argument: Thunk, call: (callee: Form, argument: Thunk) => Form): Form {
  const made = (attributes: Thunk): Form => {
    const self: Form = {
      kind: 'derivation',
      attributes,
      override: (change) => {
        const final: Thunk = lazy(() => changed(change, attributes, final));
        return made(final);
      },
    };
    return self;
  };
  // overrideAttrs takes a set, a function of the old attributes, or of the final and the old ones.
  const changed = (change: Thunk, before: Thunk, final: Thunk): Form => {
    const given = settled(change());
    const once = given.kind === 'function' ? call(given, before) : given;
    return merged(before(), once.kind === 'function' ? call(call(given, final), before) : once);
  };
  const self: Thunk = lazy(() => made(attributes));
  const attributes: Thunk = lazy(() => {
    const form = settled(argument());
    return form.kind === 'function' ? call(form, self) : form;
  });
  return self();
}

/** callPackage: the function gets what it names from nixpkgs, and what it is given. */
function callPackage(
  [what = nothing, given = nothing]: Thunk[],
  call: (callee: Form, argument: Thunk) => Form,
): Form {
  const callee = settled(what());
  if (callee.kind !== 'function') return callee;
  return call(
    callee,
    lazy(() => {
      const form = settled(given());
      const names = form.kind === 'set' && form.open === null ? form.names : new Map<string, Thunk>();
      return setOf(names, 'callPackage passes more');
    }),
  );
}

function without(set: Form, names: Form): Form {
  const texts = elements(names).map(({ value }) => textOf(value()));
  if (set.kind !== 'set' || texts.includes(null)) return unread('removeAttrs of what is not known');
  return setOf(new Map([...set.names].filter(([name]) => !texts.includes(name))), set.open);
}

function joinedText(separator: Form, list: Form): Form {
  const found = elements(list);
  const texts = found.map(({ value, applies }) => (applies === null ? textOf(value()) : null));
  const between = textOf(separator);
  return texts.includes(null) || between === null ? string(null) : string(texts.join(between));
}
