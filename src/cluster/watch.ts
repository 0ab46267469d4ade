/** Follows objects of the API, line by line, through `kubectl get --raw`. */
import type { Host } from '../host/host.ts';
import { clip } from '../text/clip.ts';
import { commandOf, type Kubectl } from './kubectl.ts';

export interface Watch {
  /** of the API, with selectors; the parameters of the watch are added */
  path: string;
  /** where it begins: with what changed since; default: with the objects that exist */
  resourceVersion?: string;
  /** @returns broken: start again */
  onLine(line: string): { broken: boolean };
  /** why it ended, safe to show */
  onEnd(words: string): void;
}

const maxBytes = 512 * 1024 * 1024;
const pauseMs = 300;

/**
 * Watches until the signal, and again after each end: the API server may end a watch at any time. Then, and without
 * a resourceVersion, it begins with the objects that exist.
 * @param timeoutMs also the server's limit, so that a watch whose reader was killed does not stay
 */
export async function watch(
  host: Host,
  kubectl: Kubectl,
  { path, resourceVersion, onLine, onEnd }: Watch,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<void> {
  const seconds = Math.max(1, Math.ceil(timeoutMs / 1000));
  const url = `${path}${path.includes('?') ? '&' : '?'}watch=true&timeoutSeconds=${seconds}`;
  // Once: what the server has forgotten meanwhile would be too old the next time, too.
  let since = resourceVersion === undefined ? '' : `&resourceVersion=${resourceVersion}`;
  while (!signal.aborted) {
    const command = commandOf(kubectl, { args: ['get', '--raw', url + since] });
    since = '';
    const broken = new AbortController();
    const { output } = await host.run(command, {
      timeoutMs: timeoutMs + 1000,
      maxBytes,
      keep: 'errors',
      signal: AbortSignal.any([signal, broken.signal]),
      onLine(line) {
        if (onLine(line).broken) broken.abort();
      },
    });
    if (signal.aborted) return;
    onEnd(clip(output));
    await host.pause(pauseMs, signal);
  }
}
