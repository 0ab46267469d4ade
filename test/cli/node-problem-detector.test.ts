import { chmod, copyFile, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, it } from 'vitest';
import { nixEnvironment } from '../helpers/nix.ts';
import { root, scratchDirectory, tool } from '../helpers/tools.ts';

/** The plugin by the rules of node-problem-detector's custom plugins; the tests of the cluster run it with the real one. */

const example = path.join(root, 'examples/node-problem-detector');
const config = JSON.parse(await readFile(path.join(example, 'subpath-mount.json'), 'utf8'));

const unknown = (code: number): string =>
  `it cannot be determined (exit code ${code}): run subpathfix check on this node`;

describe('examples/node-problem-detector', async () => {
  const scratch = await scratchDirectory();
  const plugin = path.join(scratch, 'subpath-mount.sh');
  const program = path.join(scratch, 'subpathfix/main.cjs');
  beforeAll(async () => {
    await copyFile(path.join(example, 'subpath-mount.sh'), plugin);
    await chmod(plugin, 0o755);
    await mkdir(path.dirname(program));
  });

  /** @param code of a program in place of check, which says something in any case */
  async function answer(headline: string, code: string, PATH = process.env['PATH']) {
    await writeFile(
      program,
      `console.log('${headline}: ' + 'x'.repeat(5000)); console.error('why'); ${code}`,
    );
    const { exitCode, stdout, stderr } = await execa(plugin, {
      reject: false,
      stripFinalNewline: false,
      ...(PATH === undefined ? {} : { env: { PATH } }),
    });
    return { exitCode, stdout, stderr };
  }

  it.each([
    ['fixed', 'process.exit(0)', 0, 'kubelet can mount subPath volumes'],
    ['not affected', 'process.exit(0)', 0, 'kubelet can mount subPath volumes'],
    [
      'affected',
      'process.exit(1)',
      1,
      'kubelet cannot mount subPath volumes: run subpathfix check on this node',
    ],
    ['undetermined', 'process.exit(3)', 3, unknown(3)],
    ['a usage error', 'process.exit(2)', 3, unknown(2)],
    ['affected, but interrupted', 'process.exit(143)', 3, unknown(143)],
    ['affected, but killed', 'process.kill(process.pid, "SIGKILL")', 3, unknown(137)],
    ['nothing, with the code of a problem', 'throw new Error()', 3, unknown(1)],
    ['nothing, with the code of none', 'process.exit(0)', 3, unknown(0)],
  ] as const)('%s', async (headline, code, exitCode, line) => {
    expect(await answer(headline, code)).toEqual({
      exitCode,
      stdout: `${line}\n`,
      stderr: expect.stringMatching(/^why\n/),
    });
    expect(line.length).toBeLessThanOrEqual(config.pluginConfig.max_output_length);
  });

  it('without Node or without the program it is unknown', async () => {
    const bin = path.join(scratch, 'bin');
    await mkdir(bin);
    for (const name of ['sh', 'dirname']) await symlink(tool(name), path.join(bin, name));
    expect(await answer('fixed', '', bin)).toMatchObject({ exitCode: 3, stdout: `${unknown(127)}\n` });
    await rm(program);
    const { exitCode, stdout } = await execa(plugin, { reject: false });
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: unknown(1) });
  });

  it('the configuration is one that node-problem-detector takes, and does not begin with a False that nobody has tested', () => {
    const { conditions, rules, pluginConfig } = config;
    expect(config).toMatchObject({ plugin: 'custom', pluginConfig: { skip_initial_status: true } });
    expect(rules).toMatchObject([{ type: 'permanent', condition: conditions[0].type }]);
    expect(rules[0].timeout ?? pluginConfig.timeout).toBe(pluginConfig.timeout);
    expect(conditions[0].message.length).toBeLessThanOrEqual(pluginConfig.max_output_length);
  });

  it('the NixOS module puts each file where the other looks for it', async () => {
    const copy = path.join(scratch, 'nix');
    await execa('cp', ['--recursive', example, copy]);
    await mkdir(path.join(copy, 'dist'));
    const expression = `
      let module = import ${copy}/node-problem-detector.nix {
        config.networking.hostName = "node1";
        pkgs = { nodejs = "nodejs"; util-linux = "util-linux"; node-problem-detector = "/npd"; };
      }; in {
        etc = builtins.attrNames module.environment.etc;
        inherit (module.systemd.services.node-problem-detector) path serviceConfig;
      }`;
    const args = ['--eval', '--strict', '--json', '--expr', expression];
    const { stdout } = await execa(tool('nix-instantiate'), args, { env: nixEnvironment(scratch) });
    const { etc, path: programs, serviceConfig } = JSON.parse(stdout);
    expect(etc).toEqual(
      ['json', 'sh']
        .map((end) => `node-problem-detector/subpath-mount.${end}`)
        .concat('node-problem-detector/subpathfix'),
    );
    expect(programs).toEqual(['nodejs', 'util-linux']);
    expect(config.rules[0].path).toBe(`/etc/${etc[1]}`);
    expect(serviceConfig.ExecStart).toContain(`=/etc/${etc[0]} --hostname-override=node1 `);
  });
});
