/** What a user must know before relying on a fix. */
import type { Advisory } from '../advisory/index.ts';
import { distributions } from '../distributions/index.ts';
import { type Advice, adviceText, type Message } from '../text/message.ts';
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

/**
 * That the fix is not the end.
 * @param permanent what is, if more is known than whether it is NixOS
 */
export function workaround(nixos: boolean, permanent: Advice | undefined, advisory: Advisory): Warning {
  const { releases, minimum } = advisory.laterSecurityFixes;
  const version = advisory.nixpkgs.windows[0]?.version;
  const lacks = `: util-linux ${version} with the fix still lacks later security fixes for mount (${releases.join(', ')})`;
  const move = nixos ? `move to a channel with util-linux ${minimum} or newer` : 'upgrade util-linux';
  const text = permanent ? adviceText(permanent) : `permanent fix: ${move}`;
  const how = text.replace(/^p/, 'P');
  return { code: 'later-security-fixes', text: `This is a workaround${nixos ? lacks : ''}. ${how}` };
}

/** The strategy's own warnings, and those of the system. */
export function warningsFor({ distribution, role }: System, own: Warning[]): Warning[] {
  const noKubelet = distributions[distribution].withoutKubelet?.[role];
  return [
    ...own,
    ...(noKubelet === undefined ? [] : [{ code: 'no-kubelet', text: noKubelet } as const]),
    {
      code: 'stuck-pods',
      text: 'Pods that hit the defect can stay stuck after the fix. List them with: sudo subpathfix sweep',
    },
  ];
}
