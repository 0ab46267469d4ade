/** The examples that use the NixOS module, and the workflow. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { evaluateExample } from '../helpers/examples.ts';
import { root, scratchDirectory, tool } from '../helpers/tools.ts';

const scratch = await scratchDirectory();

describe('an example with the module', () => {
  const nodes = {
    'module-flake': { distro: 'k0s', unit: 'k0s', era: '2026-08', systems: ['worker'] },
    'module-channel': { distro: 'rke2', unit: 'rke2-agent', era: '2025-05', systems: ['machine'] },
    'fleet-colmena': {
      distro: 'k0s',
      unit: 'k0s',
      era: '2026-08',
      systems: ['control', 'worker1', 'worker2'],
    },
    'fleet-deploy-rs': { distro: 'k3s', unit: 'k3s', era: '2025-05', systems: ['agent', 'server'] },
  };

  it.each(Object.entries(nodes))('%s: each of its systems is fixed', async (name, { systems, ...node }) => {
    const { checks, ...found } = await evaluateExample(scratch, name, node);
    expect(Object.keys(found)).toEqual(systems);
    const isRke2 = name === 'module-channel';
    for (const system of Object.values(found)) {
      expect(system).toMatchObject({
        ...{
          failed: [],
          warnings: [],
          timer: isRke2 ? null : 'hourly',
          wrapper: isRke2 ? 'fixed' : 'affected',
        },
        kubelet: isRke2 ? { forced: 'always' } : { state: 'fixed' },
        checks: ['subpath-fix', ...(isRke2 ? ['subpath-fix-wrapper'] : [])],
      });
    }
    expect(checks).toEqual(name === 'fleet-deploy-rs' ? { agent: true, server: true } : undefined);
  });

  it.each(Object.entries(nodes))(
    '%s: nothing is left of it with 2.41.1',
    async (name, { systems: _, ...node }) => {
      const { checks, ...found } = await evaluateExample(scratch, name, { ...node, variant: 'fixed-2.41.1' });
      for (const system of Object.values(found))
        expect(system).toMatchObject({
          ...{ failed: [], warnings: [], kubelet: { forced: null, state: 'fixed' }, wrapper: 'fixed' },
        });
    },
  );
});

describe('the workflow', async () => {
  const file = path.join(root, 'examples/ci-status/.github/workflows/channels.yml');
  const workflow = parse(await readFile(file, 'utf8'));
  const { env, steps } = workflow.jobs.status;
  const commands = steps.flatMap(({ run }: { run?: string }) => (run === undefined ? [] : [run]));

  it('is started by a schedule and by hand, and may only read', () => {
    expect(Object.keys(workflow.on)).toEqual(['schedule', 'workflow_dispatch']);
    expect(workflow.permissions).toEqual({ contents: 'read' });
    expect(commands).toHaveLength(2);
  });

  it('has commands that run, and say what the channels have', async () => {
    const summary = path.join(scratch, 'summary.md');
    const given = {
      ...{ CHANNELS: env.CHANNELS, GITHUB_STEP_SUMMARY: summary },
      SUBPATHFIX: `node ${path.join(root, 'dist/main.cjs')}`,
    };
    for (const command of commands) {
      // GitHub's shell: bash -e; what the network would be asked, the built-in snapshot is.
      const script = command.replace(' status ', ' status --offline ');
      expect(script).not.toBe(command);
      await execa(tool('bash'), ['-e', '-c', script], { cwd: scratch, env: given });
    }
    expect(await readFile(summary, 'utf8')).toMatch(/nixos-25\.05[\s\S]*nixos-unstable/);
    expect(JSON.parse(await readFile(path.join(scratch, 'state.json'), 'utf8')).command).toBe('status');
  });
});
