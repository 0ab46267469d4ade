/** Whether a condition holds when util-linux is built for NixOS. */
import { isOlder } from '../../advisory/version.ts';
import { type Fact, known, unknown } from '../fact.ts';
import { type Form, settled, textOf } from './forms.ts';

/** Platforms that NixOS does not run on. */
const notNixos =
  /(^|\.)((host|target|build)Platform|stdenv)\.is(Darwin|FreeBSD|OpenBSD|NetBSD|BSD|SunOS|Windows|Cygwin|Wasm|Wasi|Genode)$/;
const nixos = /(^|\.)((host|target|build)Platform|stdenv)\.is(Linux|Unix)$/;

const notUnderstood = (text: string): Fact<boolean> =>
  unknown('not-understood', `its condition is not understood: ${text.replace(/\s+/g, ' ').slice(0, 100)}`);

export function condition(given: Form): Fact<boolean> {
  const form = settled(given);
  const text = textFor(form);
  if (form.kind === 'boolean') return form.holds;
  if (form.kind === 'name') {
    if (form.name === 'true' || nixos.test(form.name)) return known(true, text);
    if (form.name === 'false' || notNixos.test(form.name)) return known(false, text);
  }
  if (form.kind === 'call') {
    const [first, second] = form.args.map((argument) => textOf(argument()));
    const compared = typeof first === 'string' && typeof second === 'string';
    if (compared && /(^|\.)versionOlder$/.test(form.name)) return known(isOlder(first, second), text);
    if (compared && /(^|\.)versionAtLeast$/.test(form.name)) return known(!isOlder(first, second), text);
  }
  return notUnderstood(text);
}

function textFor(form: Form): string {
  if (form.kind === 'unread') return form.reason;
  return form.kind === 'name' || form.kind === 'call' ? form.name : `a ${form.kind}`;
}

/** left == right, for strings: of anything else it is not known. */
export function equal(left: Form, right: Form, text: string): Fact<boolean> {
  const [first, second] = [textOf(left), textOf(right)];
  return first === null || second === null ? notUnderstood(text) : known(first === second, text);
}

export const negated = (fact: Fact<boolean>): Fact<boolean> =>
  fact.known ? known(!fact.value, `not ${fact.evidence}`) : fact;

/** Whether both hold; a false one decides, whatever the other is. */
export function both(first: Fact<boolean>, second: Fact<boolean>): Fact<boolean> {
  const no = [first, second].find((fact) => fact.known && !fact.value);
  return no ?? [first, second].find((fact) => !fact.known) ?? second;
}

export const either = (first: Fact<boolean>, second: Fact<boolean>): Fact<boolean> =>
  negated(both(negated(first), negated(second)));
