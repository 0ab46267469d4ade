/** A fact is known with its evidence, or unknown with its reason. Nothing turns unknown into a default. */
import type { Message } from '../text/message.ts';

export type Fact<T> = Known<T> | Unknown;

export interface Known<T> {
  known: true;
  value: T;
  /** where it was read: an option, a file, a program's answer */
  evidence: string;
}

export interface Unknown {
  known: false;
  reason: Message<ReasonCode>;
  /** it exists but cannot be read: weaker evidence must not replace it */
  unreadable?: true;
}

export const reasonCodes = [
  'not-given',
  'not-tried',
  'not-applicable',
  'other-system',
  'not-found',
  'not-set',
  'not-understood',
  'no-access',
  'no-answer',
  'no-kubelet',
  'role-without-kubelet',
  'kubelet-starting',
  'no-unit',
  'no-kubectl',
  'no-kubeconfig',
  'other-namespace',
  'not-trusted',
  'several-kubelets',
  'inconclusive',
  'interrupted',
] as const;
export type ReasonCode = (typeof reasonCodes)[number];

export const known = <T>(value: T, evidence: string): Known<T> => ({ known: true, value, evidence });

export const unknown = (code: ReasonCode, text: string): Unknown => ({
  known: false,
  reason: { code, text },
});

export const unreadable = (code: ReasonCode, text: string): Unknown => ({
  ...unknown(code, text),
  unreadable: true,
});

/** Text in an unknown form, and where: refused, never guessed. */
export class NotUnderstood extends Error {
  override name = 'NotUnderstood';
}
