/** The judgement of one container: pure. */
import type { Advisory } from '../advisory/index.ts';
import type { ContainerView, PodView } from '../cluster/views.ts';
import { clip } from '../text/clip.ts';
import { type CaseName, containerNames } from './containers.ts';
import type { Said } from './observe.ts';
import type { ContainerResult } from './result.ts';

/** final: it will not become another by waiting. */
export type JudgedContainer = ContainerResult & { final: boolean };

/** Of an image that is not there kubelet says ErrImagePull first, and the other after its retry. */
const imageReasons = new Set(['ErrImagePull', 'ImagePullBackOff', 'InvalidImageName', 'ErrImageNeverPull']);
const finalImageReasons = new Set(['ImagePullBackOff', 'InvalidImageName', 'ErrImageNeverPull']);

/**
 * @param said what was said so far: proof counts however short it showed
 * @param content whether a container is ready only when it reads what it should
 */
export function judgeContainer(
  name: CaseName,
  pod: PodView,
  said: ReadonlyMap<string, readonly Said[]>,
  content: boolean,
  advisory: Advisory,
): JudgedContainer {
  const about = said.get(containerNames[name]) ?? [];
  const result = (state: ContainerResult['state'], message: string, more = {}): JudgedContainer => ({
    name: containerNames[name],
    case: name,
    state,
    message: clip(message),
    final: false,
    ...more,
  });
  const proof = name === 'control' ? null : find(about, true, advisory);
  if (proof) return result('defect', proof.match, { signature: proof.signature });
  const view = pod.containers.find((one) => one.name === containerNames[name]);
  if (view?.state === 'running') return running(view, about, content, result);
  if (view?.state === 'terminated') {
    const what = `it ended by itself: exit ${view.exitCode ?? 'unknown'} ${view.reason} ${view.message}`;
    return result('unknown', `${what.trim()}; its image must keep running, as a pause image does`, {
      final: true,
    });
  }
  if (view && imageReasons.has(view.reason)) {
    const message = `its image is not to be had: ${view.reason} ${view.message}`;
    return result('unknown', message, { final: finalImageReasons.has(view.reason) });
  }
  const [failure] = about.filter(({ reason }) => !imageReasons.has(reason) && reason !== 'BackOff').slice(-1);
  if (!failure) return result('unknown', view?.message || view?.reason || '');
  const message = `${failure.reason} ${failure.message}`;
  if (pullFailure.test(failure.message)) return result('unknown', message);
  const likely = find(about, false, advisory);
  return result('other-failure', message, likely ? { signature: likely.signature } : {});
}

const pullFailure = /^(Failed to pull image|Error: (ErrImagePull|ImagePullBackOff))/;

function running(
  view: ContainerView,
  about: readonly Said[],
  content: boolean,
  result: (state: ContainerResult['state'], message: string, more?: object) => JudgedContainer,
): JudgedContainer {
  if (content) {
    if (view.ready) return result('running', '');
    const probe = about.filter(({ reason }) => reason === 'Unhealthy').slice(-1)[0];
    return probe
      ? result('other-failure', `it runs, but does not read what it should: ${probe.message}`)
      : result('unknown', 'it runs, and has not said yet what it reads');
  }
  // That a container with a link for a mount does not start was measured with containerd.
  if (view.runtime !== 'containerd') {
    const runtime = view.runtime || 'an unknown container runtime';
    return result(
      'unknown',
      `it runs, which with ${runtime} proves nothing: compare the content too (--content, with an image that has a shell)`,
      { final: view.runtime !== '' },
    );
  }
  return result('running', '');
}

function find(
  about: readonly Said[],
  proof: boolean,
  { signatures }: Advisory,
): { match: string; signature: string } | null {
  for (const signature of signatures.filter((one) => one.proof === proof)) {
    const pattern = new RegExp(signature.pattern, 'u');
    for (const { message } of about) {
      const [match] = pattern.exec(message) ?? [];
      if (match !== undefined) return { match, signature: signature.id };
    }
  }
  return null;
}
