/** What a user must know before relying on a fix. */
import type { Advisory } from '../advisory/index.ts';
import { distributions } from '../distributions/index.ts';
import type { Message } from '../text/message.ts';
import type { System } from './system.ts';

export const warningCodes = [
  'later-security-fixes',
  'kubelet-not-fixed',
  'other-nixpkgs',
  'only-kubelet-fixed',
  'fixed-by-nixpkgs',
  'other-strategy',
  'no-kubelet',
  'stuck-pods',
] as const;
export type Warning = Message<(typeof warningCodes)[number]>;

/** The general warnings, and the strategy's own. */
export function warningsFor({ distribution, role }: System, own: Warning[], advisory: Advisory): Warning[] {
  const { releases, minimum } = advisory.laterSecurityFixes;
  const [first, ...later] = releases;
  const noKubelet = distributions[distribution].withoutKubelet?.[role];
  return [
    {
      code: 'later-security-fixes',
      text:
        `This is a workaround: util-linux ${advisory.nixpkgs.windows[0]?.version} with the fix still lacks the mount security fixes of ${first} (and ${later.join(' / ')}). ` +
        `Permanent fix: move to a channel with util-linux ${minimum} or newer.`,
    },
    ...own,
    ...(noKubelet === undefined ? [] : [{ code: 'no-kubelet', text: noKubelet } as const]),
    {
      code: 'stuck-pods',
      text: 'Pods that hit the defect can stay stuck after the fix, because of mounts that the defect left behind. List them with: sudo subpathfix sweep',
    },
  ];
}
