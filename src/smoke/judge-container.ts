/** The verdict on one container. Pure. */
import type { Advisory } from '../advisory/index.ts';
import { matchSignature } from '../advisory/signatures.ts';
import type { ContainerView, PodView } from '../cluster/views.ts';
import { clip } from '../text/clip.ts';
import { type CaseName, containerNames } from './containers.ts';
import type { Notice } from './observe.ts';
import type { ContainerResult } from './result.ts';

/** final: waiting will not change it. */
export type JudgedContainer = ContainerResult & { final: boolean };

type Found = Pick<ContainerResult, 'state' | 'message' | 'signature'> & { final?: boolean };

type Match = ReturnType<typeof matchSignature>;

/** For a missing image kubelet reports ErrImagePull first, and ImagePullBackOff after its retry. */
const imageReasons = new Set(['ErrImagePull', 'ImagePullBackOff', 'InvalidImageName', 'ErrImageNeverPull']);
const pullFailure = /^(Failed to pull image|Error: (ErrImagePull|ImagePullBackOff))/;

/**
 * @param notices what was reported about it so far: proof counts even if it was shown only briefly
 * @param content whether a container is ready only when it reads what it should
 */
export function judgeContainer(
  name: CaseName,
  pod: PodView,
  notices: readonly Notice[],
  content: boolean,
  advisory: Advisory,
): JudgedContainer {
  const view = pod.containers.find((each) => each.name === containerNames[name]);
  const proof = name === 'control' ? null : find(notices, true, advisory);
  const found: Found = proof
    ? { state: 'defect', message: proof.match, signature: proof.signature.id }
    : view?.state === 'running'
      ? running(view, notices, content)
      : notRunning(view, notices, advisory);
  const message = clip(found.message);
  return { name: containerNames[name], case: name, final: false, ...found, message };
}

function notRunning(view: ContainerView | undefined, notices: readonly Notice[], advisory: Advisory): Found {
  if (view?.state === 'terminated') {
    const what = `it ended by itself: exit ${view.exitCode ?? 'unknown'} ${view.reason} ${view.message}`;
    const message = `${what.trim()}; its image must keep running, as a pause image does`;
    return { state: 'unknown', message, final: true };
  }
  if (view && imageReasons.has(view.reason)) {
    const message = `its image could not be pulled: ${view.reason} ${view.message}`;
    return { state: 'unknown', message, final: view.reason !== 'ErrImagePull' };
  }
  const failure = notices.findLast(({ reason }) => !imageReasons.has(reason) && reason !== 'BackOff');
  if (!failure) return { state: 'unknown', message: view?.message || view?.reason || '' };
  const message = `${failure.reason} ${failure.message}`;
  if (pullFailure.test(failure.message)) return { state: 'unknown', message };
  return { state: 'other-failure', message, signature: find(notices, false, advisory)?.signature.id };
}

function running({ ready, runtime }: ContainerView, notices: readonly Notice[], content: boolean): Found {
  if (content && !ready) {
    const probe = notices.findLast(({ reason }) => reason === 'Unhealthy');
    return probe
      ? { state: 'other-failure', message: `it runs, but does not read what it should: ${probe.message}` }
      : { state: 'unknown', message: 'it runs, but has not reported yet what it reads' };
  }
  // Measured only with containerd: a container with a link for a mount does not start.
  if (content || runtime === 'containerd') return { state: 'running', message: '' };
  return {
    state: 'unknown',
    message: `it runs, which proves nothing with ${runtime || 'an unknown container runtime'}: compare the content too (--content, with an image that has a shell)`,
    final: runtime !== '',
  };
}

function find(notices: readonly Notice[], proof: boolean, advisory: Advisory): Match {
  for (const { message } of notices) {
    const found = matchSignature(message, advisory, { proof });
    if (found) return found;
  }
  return null;
}
