/** This machine with another environment: what a person's shell on the cluster would have. */
import type { Host } from '../../src/host/host.ts';
import { localHost } from '../../src/host/local.ts';

export function hostWith(env: Record<string, string>): Host {
  const host = localHost();
  return {
    ...host,
    env,
    findProgram: (name, searchPath = env['PATH']) => host.findProgram(name, searchPath),
  };
}
