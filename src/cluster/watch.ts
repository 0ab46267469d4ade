/** Follows objects of the API, line by line, through `kubectl get --raw`. */
import type { Host } from '../host/host.ts';
import { clip } from '../text/clip.ts';
import { commandOf, type Kubectl } from './kubectl.ts';

export interface Watch {
  /** of the API, with its selectors; the watch and its time are added */
  path: string;
  /** @returns broken: start anew */
  onLine(line: string): { broken: boolean };
  /** why it ended, as it may be shown */
  onEnd(words: string): void;
}

const maxBytes = 512 * 1024 * 1024;
const pauseMs = 300;

/**
 * Watches until the signal, anew after each end: the API server ends a watch when it likes. Without a
 * resourceVersion a watch begins with the objects that there are.
 * @param timeoutMs the server's limit too, so that a watch whose reader was killed does not stay
 */
export async function watch(
  host: Host,
  kubectl: Kubectl,
  { path, onLine, onEnd }: Watch,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<void> {
  const seconds = Math.max(1, Math.ceil(timeoutMs / 1000));
  const url = `${path}${path.includes('?') ? '&' : '?'}watch=true&timeoutSeconds=${seconds}`;
  const command = commandOf(kubectl, { args: ['get', '--raw', url] }, host.env);
  while (!signal.aborted) {
    const broken = new AbortController();
    const { output } = await host.stream(
      command,
      (line) => {
        if (onLine(line).broken) broken.abort();
      },
      { timeoutMs: timeoutMs + 1000, maxBytes, signal: AbortSignal.any([signal, broken.signal]) },
    );
    if (signal.aborted) return;
    onEnd(clip(output));
    await pause(pauseMs, signal);
  }
}

/** Until the time is over or the signal comes. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
