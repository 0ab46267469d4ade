/** The judgement of one container: pure. */
import type { Advisory } from '../advisory/index.ts';
import { matchSignature } from '../advisory/signatures.ts';
import type { ContainerView, PodView } from '../cluster/views.ts';
import { clip } from '../text/clip.ts';
import { type CaseName, containerNames } from './containers.ts';
import type { Said } from './observe.ts';
import type { ContainerResult } from './result.ts';

/** final: it will not become another by waiting. */
export type JudgedContainer = ContainerResult & { final: boolean };

type Found = Pick<ContainerResult, 'state' | 'message' | 'signature'> & { final?: boolean };

/** Of an image that is not there kubelet says ErrImagePull first, and the other after its retry. */
const imageReasons = new Set(['ErrImagePull', 'ImagePullBackOff', 'InvalidImageName', 'ErrImageNeverPull']);
const pullFailure = /^(Failed to pull image|Error: (ErrImagePull|ImagePullBackOff))/;

/**
 * @param said what was said of it so far: proof counts however short it showed
 * @param content whether a container is ready only when it reads what it should
 */
export function judgeContainer(
  name: CaseName,
  pod: PodView,
  said: readonly Said[],
  content: boolean,
  advisory: Advisory,
): JudgedContainer {
  const view = pod.containers.find((each) => each.name === containerNames[name]);
  const proof = name === 'control' ? null : find(said, true, advisory);
  const found: Found = proof
    ? { state: 'defect', message: proof.match, signature: proof.signature.id }
    : view?.state === 'running'
      ? running(view, said, content)
      : notRunning(view, said, advisory);
  const message = clip(found.message);
  return { name: containerNames[name], case: name, final: false, ...found, message };
}

function notRunning(view: ContainerView | undefined, said: readonly Said[], advisory: Advisory): Found {
  if (view?.state === 'terminated') {
    const what = `it ended by itself: exit ${view.exitCode ?? 'unknown'} ${view.reason} ${view.message}`;
    const message = `${what.trim()}; its image must keep running, as a pause image does`;
    return { state: 'unknown', message, final: true };
  }
  if (view && imageReasons.has(view.reason)) {
    const message = `its image could not be pulled: ${view.reason} ${view.message}`;
    return { state: 'unknown', message, final: view.reason !== 'ErrImagePull' };
  }
  const failure = said.findLast(({ reason }) => !imageReasons.has(reason) && reason !== 'BackOff');
  if (!failure) return { state: 'unknown', message: view?.message || view?.reason || '' };
  const message = `${failure.reason} ${failure.message}`;
  if (pullFailure.test(failure.message)) return { state: 'unknown', message };
  return { state: 'other-failure', message, signature: find(said, false, advisory)?.signature.id };
}

function running({ ready, runtime }: ContainerView, said: readonly Said[], content: boolean): Found {
  if (content && !ready) {
    const probe = said.findLast(({ reason }) => reason === 'Unhealthy');
    return probe
      ? { state: 'other-failure', message: `it runs, but does not read what it should: ${probe.message}` }
      : { state: 'unknown', message: 'it runs, but has not reported yet what it reads' };
  }
  // That a container with a link for a mount does not start was measured with containerd.
  if (content || runtime === 'containerd') return { state: 'running', message: '' };
  return {
    state: 'unknown',
    message: `it runs, which proves nothing with ${runtime || 'an unknown container runtime'}: compare the content too (--content, with an image that has a shell)`,
    final: runtime !== '',
  };
}

function find(said: readonly Said[], proof: boolean, advisory: Advisory): ReturnType<typeof matchSignature> {
  for (const { message } of said) {
    const found = matchSignature(message, advisory, { proof });
    if (found) return found;
  }
  return null;
}
