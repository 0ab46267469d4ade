/** The tests run the program as it is built. */
import { execa } from 'execa';
import { root } from './helpers/tools.ts';

export async function setup(): Promise<void> {
  await execa('npm', ['run', '--silent', 'build'], { cwd: root });
}
