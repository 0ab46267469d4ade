/** A fact is known with its evidence, or unknown with its reason. Nothing turns unknown into a default. */
export type Fact<T> = Known<T> | Unknown;

export interface Known<T> {
  known: true;
  value: T;
  /** where it was read: an option, a file, a program's answer */
  evidence: string;
}

export interface Unknown {
  known: false;
  reason: string;
  /** there is something to read, and it cannot be read: weaker evidence must not stand in for it */
  unreadable?: true;
}

export const known = <T>(value: T, evidence: string): Known<T> => ({ known: true, value, evidence });

export const unknown = (reason: string): Unknown => ({ known: false, reason });

export const unreadable = (reason: string): Unknown => ({ known: false, reason, unreadable: true });
