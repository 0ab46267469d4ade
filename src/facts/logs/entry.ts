/** A log, or an archive of logs, as it comes. */
import { UserError } from '../../errors.ts';

export type Pieces = AsyncIterable<Uint8Array>;

/** A log, or what is to be unpacked further. */
export interface Entry {
  /** of an archive: shown, never used as a path */
  name: string;
  pieces: Pieces;
  /** where it is, if it is a file of the machine: a program reads it faster itself */
  file?: string;
}

/** What is cut off or damaged; what stands before it was read. */
export class Damaged extends UserError {}

/** An error of a library, as damage of what it was given. */
export const damagedBy = (error: unknown): Error =>
  error instanceof UserError ? error : new Damaged(error instanceof Error ? error.message : String(error));
