/** Functions of nixpkgs and Nix that a package file uses around what matters here. */
import { condition } from './conditions.ts';
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
import { certain } from './lists.ts';
import { merged } from './sets.ts';

/** Calls what an expression stands for. */
export function apply(callee: Form, argument: Thunk, line: string): Form {
  if (callee.kind === 'function') return callee.call(argument);
  if (callee.kind === 'choice') return each(callee, (side) => apply(side, argument, line));
  if (callee.kind !== 'name' && callee.kind !== 'call')
    return callee.kind === 'unread' ? callee : unread(`${line}: what is called here is no function`);
  const args = callee.kind === 'call' ? [...callee.args, argument] : [argument];
  const { name } = callee;
  const known = functions[name.slice(name.lastIndexOf('.') + 1)];
  if (known && args.length === known.takes)
    return known.gives(args, (inner, value) => apply(inner, value, line));
  return { kind: 'call', name, line, args };
}

interface KnownFunction {
  takes: number;
  gives(args: Thunk[], call: (callee: Form, argument: Thunk) => Form): Form;
}

const nothing: Thunk = () => absent;

/** A function of a condition and a value: the value, or what stands for none. */
const optional = (value: (of: Thunk) => Form, otherwise: Form): KnownFunction => ({
  takes: 2,
  gives: ([when = nothing, what = nothing]) =>
    choose(
      condition(when()),
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
      const items = certain(list());
      if (!items) return unread('map over a list that is not known');
      return { kind: 'list', items: items.map((item) => lazy(() => call(how(), item))) };
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

function without(given: Form, names: Form): Form {
  const set = settled(given);
  const texts = certain(names)?.map((item) => textOf(item()));
  if (set.kind !== 'set' || !texts || texts.includes(null)) return unread('removeAttrs of what is not known');
  return setOf(new Map([...set.names].filter(([name]) => !texts.includes(name))), set.open);
}

function joinedText(separator: Form, list: Form): Form {
  const texts = certain(list)?.map((item) => textOf(item()));
  const between = textOf(separator);
  return !texts || texts.includes(null) || between === null ? string(null) : string(texts.join(between));
}
