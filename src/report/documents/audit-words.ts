/** What `audit` says of its findings. */
import type { Sighting } from '../../facts/configuration/sighting.ts';
import type { AuditState } from '../../verdict/audit.ts';
import type { Outcome } from '../document.ts';

export const outcomeOfState: Record<AuditState, Outcome> = {
  needed: 'good',
  'can-go': 'bad',
  undetermined: 'unknown',
};

export const stateText: Record<AuditState, string> = {
  needed: 'needed',
  'can-go': 'can go',
  undetermined: 'cannot determine',
};

/** What it does, in a few words. */
export function whatText({ kind, name, unit, distribution, marks, isForced }: Sighting): string {
  const from = fromText(marks);
  const service = unit === null ? 'a service' : unit;
  switch (kind) {
    case 'overlay':
      return `replaces ${name ?? 'util-linux'} in every package${from}`;
    case 'package':
      return `makes another util-linux${name === null ? '' : `, ${name}`}${from}`;
    case 'with-patches':
      return `uses util-linux.withPatches${name === null ? '' : `, as ${name}`}`;
    case 'patch':
      return `adds the patch of the fix${from}`;
    case 'service-path':
      return `puts another util-linux into the PATH of ${service}${isForced ? ', and drops the rest of it' : ''}${from}`;
    case 'service-environment':
      return `sets ${name} of ${service}${from}`;
    case 'distribution-package':
      return `builds ${distribution ?? 'a package'} with another util-linux${from}`;
    case 'mount-wrapper':
      return `makes /run/wrappers/bin/${name ?? 'mount'} another one${from}`;
    case 'replace-dependencies':
      return `replaces util-linux in the finished system${from}`;
    case 'pinned-input':
      return `pins another nixpkgs, ${name}, for its util-linux alone`;
    case 'generated':
      return `is written by generate${name === null ? '' : ` (strategy ${name})`}`;
    case 'generated-import':
      return `uses ${name}, which is written by generate`;
    case 'module-option':
      return `turns on the fix of the module for ${name === 'wrapper' ? '/run/wrappers/bin/mount' : 'kubelet'}`;
  }
}

/** How a mark reads after what it is about. */
const markTexts: Record<Sighting['marks'][number]['kind'], (detail: string) => string> = {
  patch: () => ', with the fix as a patch',
  'with-patches': () => ', from util-linux.withPatches',
  version: (version) => `, at version ${version}`,
  foreign: (input) => `, from ${input}`,
  named: (name) => `, from ${name}`,
  variable: (value) => (value.endsWith('PATH') ? '' : ` to ${value}`),
};

function fromText([first]: Sighting['marks']): string {
  return first ? markTexts[first.kind](first.detail) : '';
}

/** The answer in a few words. */
export function headlineOf(findings: readonly { state: AuditState }[], isWhole: boolean): string {
  const count = (state: AuditState): number => findings.filter((each) => each.state === state).length;
  const [going, unclear, all] = [count('can-go'), count('undetermined'), findings.length];
  if (all === 0)
    return isWhole
      ? 'nothing here was written because of this defect'
      : 'nothing found so far, but not all could be read';
  if (going > 0) return `${going} of ${all} can go`;
  if (unclear > 0)
    return `cannot determine whether ${unclear === 1 ? 'it' : 'they'} can go: ${unclear} of ${all}`;
  return `all needed: ${all}`;
}
