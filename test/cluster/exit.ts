import { clean } from './clean.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Ends the cluster with this process. */
export function arm(): void {
  process.once('exit', clean);
  for (const each of SIGNALS) process.once(each, endBySignal);
}

/** Leaves the cluster running, or its end to somebody else. */
export function disarm(): void {
  process.off('exit', clean);
  for (const each of SIGNALS) process.off(each, endBySignal);
}

function endBySignal(signal: NodeJS.Signals): void {
  clean();
  disarm();
  process.kill(process.pid, signal);
}
