/** Tells an API server that has only just been started from one that refuses: the former is asked again. */
import type { Answer } from './kubectl.ts';

/** What kubectl prints while an API server, its storage or its way there is on its way up. */
const starting = [
  /connection refused|was refused - did you specify the right host/,
  /connection reset by peer|TLS handshake timeout|client connection lost|server sent GOAWAY|\bEOF\b/,
  /ServiceUnavailable|currently unable to handle the request|apiserver not ready|not yet ready to handle/,
  /etcdserver: |storage is \(re\)initializing|no leader|leader changed/,
  /TooManyRequests|unable to return a response in the time allotted/,
];
/** The address that kubectl asks without a kubeconfig: nothing will start there. */
const unconfigured = /(localhost|127\.0\.0\.1|\[::1\]):8080\b/;
/** The server is up: it is a webhook that does not answer. */
const webhook = /webhook/;

/** @returns whether the same question is worth asking again soon */
export const isStarting = ({ ok, stopped, words }: Pick<Answer, 'ok' | 'stopped' | 'words'>): boolean =>
  !ok &&
  stopped === null &&
  !unconfigured.test(words) &&
  !webhook.test(words) &&
  starting.some((pattern) => pattern.test(words));
