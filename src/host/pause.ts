import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until the time is up or the signal fires. */
export const pause = (ms: number, signal?: AbortSignal): Promise<void> =>
  sleep(ms, undefined, { signal }).catch(() => undefined);

/** Fires with the signal, or when the time is up. Does not keep the process alive. */
export function within(ms: number, signal: AbortSignal): AbortSignal {
  const over = new AbortController();
  setTimeout(() => over.abort(), ms).unref();
  return AbortSignal.any([signal, over.signal]);
}
