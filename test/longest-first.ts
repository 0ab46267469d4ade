/** What takes minutes begins first: begun last it would run alone at the end, on one core of several. */
import { basename } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** @param names of files, without .test.ts, the longest first; the others follow as they come */
export const longestFirst = (names: readonly string[]): typeof BaseSequencer =>
  class extends BaseSequencer {
    override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
      const rank = ({ moduleId }: TestSpecification): number => {
        const index = names.indexOf(basename(moduleId, '.test.ts'));
        return index < 0 ? names.length : index;
      };
      return files.sort((one, other) => rank(one) - rank(other));
    }
  };
