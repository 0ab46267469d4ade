/** The facts that `check` and `generate` judge, from the options that both have. */
import { advisory } from '../advisory/index.ts';
import { type Facts, noFacts } from '../facts/facts.ts';
import { type GivenOptions, givenFacts } from '../facts/given.ts';
import type { Host } from '../host/host.ts';
import { RequestError } from '../remedy/system.ts';

export interface SystemOptions extends GivenOptions {
  nixpkgs?: string | undefined;
}

/** @throws {RequestError} when nothing was given to judge by */
export async function gather(host: Host, options: SystemOptions): Promise<Facts> {
  const { channel, utilLinux, nixpkgs } = options;
  if (channel === undefined && utilLinux === undefined && nixpkgs === undefined) {
    throw new RequestError(
      'nothing to judge by: give --channel and --util-linux (as `mount --version` prints it), or --nixpkgs PATH',
    );
  }
  const read = nixpkgs === undefined ? {} : await readNixpkgs(host, nixpkgs);
  // What is said of the system comes before what a nixpkgs would give it.
  return { ...noFacts(), ...read, ...givenFacts(options) };
}

async function readNixpkgs(host: Host, given: string): Promise<Partial<Facts>> {
  const { readNixpkgs: read } = await import('../facts/nixpkgs.ts');
  return read(host, given, advisory);
}
