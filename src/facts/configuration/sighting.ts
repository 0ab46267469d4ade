/** What was written because of the defect, as it stands in a file. */
import type { DistributionName } from '../../distributions/index.ts';

export const sightingKinds = [
  'overlay',
  'package',
  'with-patches',
  'patch',
  'service-path',
  'service-environment',
  'distribution-package',
  'mount-wrapper',
  'replace-dependencies',
  'pinned-input',
  'generated',
  'generated-import',
  'module-option',
] as const;
export type SightingKind = (typeof sightingKinds)[number];

/** What shows that an expression is about the fix. */
export const markKinds = ['patch', 'with-patches', 'version', 'foreign', 'named', 'variable'] as const;
type MarkKind = (typeof markKinds)[number];

export interface Mark {
  kind: MarkKind;
  /** the patch, the version, the other nixpkgs, the name, or the variable's value */
  detail: string;
}

/** How it can be taken out of its file; the positions are those of the text, in UTF-16 units. */
export interface Removal {
  /** an attribute or an entry of a list as a whole, or an expression that another takes the place of */
  how: 'binding' | 'entry' | 'formal' | 'replace';
  start: number;
  end: number;
  replacement?: string;
}

export interface Sighting {
  kind: SightingKind;
  /** from the directory */
  file: string;
  /** from 1 */
  line: number;
  /** the unit that it is for; null if it is for none, or its name is computed */
  unit: string | null;
  distribution: DistributionName | null;
  /** what it sets, or is called: PATH, util-linux, patched */
  name: string | null;
  marks: Mark[];
  /** the module's own value is dropped (lib.mkForce) */
  isForced: boolean;
  /** null where it has to be done by hand */
  removals: Removal[] | null;
  /** bound by let, or added to pkgs or to the inputs: it can go only when nothing uses its name any more */
  bound: 'let' | 'added' | null;
}

/** The package of a distribution's module that is from another nixpkgs than the system's. */
export interface OtherPackage {
  distribution: DistributionName;
  input: string;
  file: string;
  line: number;
}
