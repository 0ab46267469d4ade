/** Every cure that can be asked for: strategy, distribution, role, and what changes its files beside these. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { advisory } from '../../src/advisory/index.ts';
import { type Distro, distroNames, distros, type Wrapped } from '../../src/remedy/distros.ts';
import { plan } from '../../src/remedy/plan.ts';
import { type Remedy, type StrategyName, strategyNames } from '../../src/remedy/remedy.ts';
import { RequestError } from '../../src/remedy/system.ts';
import { type RenderedFile, render } from '../../src/render/render.ts';

export interface Case {
  name: string;
  distro: Distro;
  role: string;
  strategy: StrategyName;
  packageWrapped: Wrapped;
  gate: boolean;
}

/** What the program does for a case, and the files. */
export function cure(one: Omit<Case, 'name'> & { unit?: string; why?: string }): {
  remedy: Remedy;
  files: RenderedFile[];
} {
  const { why = 'a test', ...request } = one;
  const remedy = plan(
    { ...request, header: { version: '0.0.0', command: 'subpathfix generate', why }, out: 'fix' },
    advisory,
  );
  return { remedy, files: remedy.files.map(render) };
}

function isPossible(one: Omit<Case, 'name'>): boolean {
  try {
    cure(one);
    return true;
  } catch (error) {
    if (error instanceof RequestError) return false;
    throw error;
  }
}

export const cases: Case[] = distroNames.flatMap((distro) =>
  distros[distro].roles.flatMap((role) =>
    strategyNames.flatMap((strategy) => {
      // Being wrapped changes the files of `path` alone.
      const answers: Wrapped[] = strategy === 'path' ? ['yes', 'no', 'unknown'] : [distros[distro].wrapped];
      return answers.flatMap((packageWrapped) =>
        [false, true].flatMap((gate) => {
          const one = { distro, role, strategy, packageWrapped, gate };
          const suffix = `${strategy === 'path' ? `-wrapped-${packageWrapped}` : ''}${gate ? '-gate' : ''}`;
          return isPossible(one) ? [{ ...one, name: `${distro}-${role}-${strategy}${suffix}` }] : [];
        }),
      );
    }),
  ),
);

export async function writeCase(directory: string, files: RenderedFile[]): Promise<void> {
  for (const file of files) {
    const target = path.join(directory, file.path);
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(target, file.content);
  }
}
