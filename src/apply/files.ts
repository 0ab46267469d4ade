/** Generated files: all are written or none, each atomically, never over a file that somebody else wrote. */
import path from 'node:path';
import { type Host, orNull, WriteError } from '../host/host.ts';

export interface Wanted {
  /** relative to the directory */
  path: string;
  content: string;
}

export const fileActions = ['create', 'update', 'unchanged'] as const;

export interface FileChange extends Wanted {
  file: string;
  action: (typeof fileActions)[number];
  before: string | null;
}

/**
 * What writing would change.
 * @param begins how every file that this program writes begins
 * @param force also overwrite other files
 * @throws {WriteError} for a file that somebody else wrote
 * @throws {ReadError} for one that cannot be read
 */
export async function changesOf(
  host: Host,
  directory: string,
  wanted: Wanted[],
  { begins, force }: { begins: string; force: boolean },
): Promise<FileChange[]> {
  return Promise.all(
    wanted.map(async ({ path: relative, content }) => {
      const file = path.join(directory, relative);
      const before = await orNull(host.readText(file, 1_000_000), 'ENOENT');
      if (before !== null && before !== content && !before.startsWith(begins) && !force) {
        throw new WriteError(
          `${file}: was not written by subpathfix; nothing was changed. Use another --out, or --force`,
        );
      }
      const action = before === null ? 'create' : before === content ? 'unchanged' : 'update';
      return { path: relative, content, file, action, before } as const;
    }),
  );
}

/**
 * Makes the changes. When one fails, the ones before it are undone.
 * @throws {WriteError}
 */
export async function applyChanges(host: Host, changes: FileChange[]): Promise<void> {
  const undo: (() => Promise<unknown>)[] = [];
  try {
    for (const { file, content, action, before } of changes) {
      if (action === 'unchanged') continue;
      for (const made of await host.makeDirectory(path.dirname(file))) undo.push(() => host.remove(made));
      await host.writeText(file, content);
      undo.push(() => (before === null ? host.remove(file) : host.writeText(file, before)));
    }
  } catch (error) {
    for (const step of undo.reverse()) await step();
    if (!(error instanceof WriteError)) throw error;
    throw new WriteError(`${error.message}; nothing was written`, error.code);
  }
}
