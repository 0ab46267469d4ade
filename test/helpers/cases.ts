/** Every fix that can be asked for: strategy, distribution, role, and what else changes its files. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { advisory } from '../../src/advisory/index.ts';
import { type StrategyName, strategyNames, type Wrapped } from '../../src/distributions/distribution.ts';
import { type DistributionName, distributionNames, distributions } from '../../src/distributions/index.ts';
import { UserError } from '../../src/errors.ts';
import { plan } from '../../src/remedy/plan.ts';
import type { Remedy } from '../../src/remedy/remedy.ts';
import { type RenderedFile, render } from '../../src/render/render.ts';

export interface Case {
  name: string;
  distribution: DistributionName;
  role: string;
  strategies: readonly StrategyName[];
  packageWrapped: Wrapped;
  gate: boolean;
}

/** What the program does for a case, and the files. */
export function fixFor({
  why = 'a test',
  ...request
}: Omit<Case, 'name'> & { unit?: string; why?: string }): { remedy: Remedy; files: RenderedFile[] } {
  const remedy = plan(
    { ...request, header: { version: '0.0.0', command: 'subpathfix generate', why }, out: 'fix' },
    advisory,
  );
  return { remedy, files: remedy.files.map(render) };
}

function isPossible(request: Omit<Case, 'name'>): boolean {
  try {
    fixFor(request);
    return true;
  } catch (error) {
    if (error instanceof UserError) return false;
    throw error;
  }
}

/** Each strategy, and those that go together. */
const combinations: readonly (readonly [StrategyName, ...StrategyName[]])[] = [
  ...strategyNames.map((name) => [name] as const),
  ['path', 'wrapper'],
  ['env', 'wrapper'],
  ['package', 'wrapper'],
];

export const cases: Case[] = distributionNames.flatMap((distribution) =>
  distributions[distribution].roles.flatMap((role) =>
    combinations.flatMap((strategies) => {
      // Being wrapped changes the files of `path` alone.
      const ofPath = strategies[0] === 'path';
      const answers: Wrapped[] = ofPath ? ['yes', 'no', 'unknown'] : [distributions[distribution].wrapped];
      return answers.flatMap((packageWrapped) =>
        [false, true].flatMap((gate) => {
          const request = { distribution, role, strategies, packageWrapped, gate };
          const suffix = `${ofPath ? `-wrapped-${packageWrapped}` : ''}${gate ? '-gate' : ''}`;
          const name = `${distribution}-${role}-${strategies.join('+')}${suffix}`;
          return isPossible(request) ? [{ ...request, name }] : [];
        }),
      );
    }),
  ),
);

/** @throws {Error} when there is no case of this name */
export function caseNamed(name: string): Case {
  const found = cases.find((candidate) => candidate.name === name);
  if (!found) throw new Error(`no case ${name}`);
  return found;
}

export async function writeCase(directory: string, files: RenderedFile[]): Promise<void> {
  for (const file of files) {
    const target = path.join(directory, file.path);
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(target, file.content);
  }
}
