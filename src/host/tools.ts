/** The programs that this one uses itself: from its own PATH, but nobody else's (as sudo's secure_path has it). */
import path from 'node:path';
import { distrustText } from './distrust.ts';
import type { Tool } from './missing.ts';
import { isProgram } from './read.ts';
import { distrust } from './trust.ts';

/**
 * @param name or an absolute path
 * @param searchPath an empty or relative entry is relative to the current directory
 * @param uid who may own it, besides root
 */
export function findTool(name: string, searchPath: string, cwd: string, uid: number): Tool {
  const refused: string[] = [];
  for (const directory of name.includes('/') ? [''] : searchPath.split(':')) {
    const file = path.resolve(cwd, directory, name);
    if (!isProgram(file)) continue;
    const found = distrust(file, uid);
    if (found === null) return { file, refused };
    refused.push(distrustText(file, found));
  }
  return { file: null, refused };
}
