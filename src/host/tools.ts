/** The programs that this one uses itself: from its own PATH, but nobody else's (as sudo's secure_path has it). */
import path from 'node:path';
import { type Distrust, distrustText } from './distrust.ts';
import type { Tool } from './missing.ts';

/**
 * @param name or an absolute path
 * @param searchPath an empty or relative entry is relative to the current directory
 * @param trust examines a file before anything else does: it alone gives up one that does not answer
 * @param isProgram whether it is a file that may be executed
 */
export async function findTool(
  name: string,
  searchPath: string,
  cwd: string,
  trust: (file: string) => Promise<Distrust | null>,
  isProgram: (file: string) => boolean | Promise<boolean>,
): Promise<Tool> {
  const refused: string[] = [];
  for (const directory of name.includes('/') ? [''] : searchPath.split(':')) {
    const file = path.resolve(cwd, directory, name);
    const found = await trust(file);
    if (found?.code !== 'no-answer' && !(await isProgram(file))) continue;
    if (found === null) return { file, refused };
    refused.push(distrustText(file, found));
  }
  return { file: null, refused };
}
