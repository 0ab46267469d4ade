import { setTimeout as sleep } from 'node:timers/promises';

/** Until the time is over or the signal comes. */
export const pause = (ms: number, signal?: AbortSignal): Promise<void> =>
  sleep(ms, undefined, { signal }).catch(() => undefined);

/** Comes with the signal, and when the time is over. It keeps no process from ending. */
export function within(ms: number, signal: AbortSignal): AbortSignal {
  const over = new AbortController();
  setTimeout(() => over.abort(), ms).unref();
  return AbortSignal.any([signal, over.signal]);
}
