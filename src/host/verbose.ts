/** A host that logs each command and request, how it ended, and how long it took. */
import { shellQuoted } from '../text/escape.ts';
import type { Host } from './host.ts';

/** @param log gets a line for each command and request */
export function verbose(host: Host, log: (line: string) => void): Host {
  const took = (started: number): string => `${Math.round(host.monotonic() - started)} ms`;
  return {
    ...host,
    async run(command, options) {
      const started = host.monotonic();
      const result = await host.run(command, options);
      const ended = result.stopped ?? `exit ${result.exitCode}`;
      log(`${shellQuoted(command)}  # ${ended}, ${took(started)}`);
      return result;
    },
    async *stream(command, options) {
      const started = host.monotonic();
      try {
        yield* host.stream(command, options);
      } finally {
        log(`${shellQuoted(command)}  # ${took(started)}`);
      }
    },
    async request(url, request) {
      const started = host.monotonic();
      const logged = (outcome: string | number): void => log(`GET ${url}  # ${outcome}, ${took(started)}`);
      try {
        const answer = await host.request(url, request);
        logged(answer.status);
        return answer;
      } catch (error) {
        logged((error as Error).message);
        throw error;
      }
    },
  };
}
