/** The tests run the program as it is built. */
import path from 'node:path';
import { execa } from 'execa';

export async function setup(): Promise<void> {
  await execa('npm', ['run', '--silent', 'build'], { cwd: path.resolve(import.meta.dirname, '..') });
}
