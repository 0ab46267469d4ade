import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { advisory } from '../../src/advisory/index.ts';
import type { Context } from '../../src/commands/context.ts';
import { sweep } from '../../src/commands/sweep.ts';
import { verifyDocument } from '../../src/report/documents/verify.ts';
import { formatNamesOf } from '../../src/report/formats/index.ts';
import type { VerifyResult } from '../../src/verify/run.ts';
import { fakeHost } from '../helpers/fake-host.ts';
import { nodeRoot } from '../helpers/node-root.ts';
import { root, scratchDirectory, subpathfix, tool } from '../helpers/tools.ts';

const commands = ['audit', 'check', 'diagnose', 'generate', 'probe', 'status', 'sweep', 'verify'] as const;
type CommandName = (typeof commands)[number];

const schemaOf = (command: CommandName | 'hosts'): object =>
  JSON.parse(readFileSync(path.join(root, `schema/${command}.schema.json`), 'utf8')) as object;
const validators = new Map<CommandName, ValidateFunction>(
  commands.map((command) => [
    command,
    new Ajv2020({ validateFormats: false, allErrors: true }).compile(schemaOf(command)),
  ]),
);

/** What the schema of the command has against a document. */
function faults(command: CommandName, document: unknown): unknown[] {
  const validate = validators.get(command);
  return validate?.(document) ? [] : (validate?.errors ?? ['no schema']);
}

describe('what --json prints is what the schema describes:', async () => {
  const scratch = await scratchDirectory();
  const node = nodeRoot(scratch, 'k0s-was-hit');
  const system = ['--nixpkgs', path.join(root, 'test/fixtures/nixpkgs/fetchpatch-stable')];

  const runs: [CommandName, ...args: string[]][] = [
    ['audit', path.join(root, 'examples'), '--util-linux', '2.42', '--diff'],
    ['audit', path.join(root, 'examples')],
    ['check', '--util-linux', '2.41', '--channel', 'nixos-25.05'],
    ['check', '--util-linux', 'banana'],
    ['check', ...system],
    ['check', '--node-root', node],
    ['check'],
    ['diagnose', path.join(root, 'test/fixtures/logs/affected.journal-json')],
    ['diagnose', path.join(root, 'test/fixtures/logs/aftermath.journal-short'), '--redact'],
    ['diagnose', path.join(root, 'package.json')],
    ['generate', '--util-linux', '2.41.1'],
    ['generate', '--util-linux', '2.41', '--dry-run'],
    ['generate', '--util-linux', '2.41', '--stdout'],
    ['generate', '--node-root', node, '--diff'],
    ['probe', '--mount', tool('mount')],
    ['probe', '--mount', '/nowhere/mount'],
    ['status', '--offline', '--no-cache', '--fix'],
    ['status', '--offline', '--no-cache', 'nixos-25.05', 'not-known'],
    ['sweep'],
    ['verify', '--skip', 'gate,kubelet,probe,smoke,leftovers'],
    ['verify', '--dry-run'],
  ];
  it.each(runs.map((args) => [args.join(' '), args] as const))('%s', async (_, args) => {
    const { stdout, stderr } = await subpathfix([...args, '--json']);
    expect(stderr).toBe('');
    const document = JSON.parse(stdout) as object;
    expect(faults(args[0], document)).toEqual([]);
    expect(faults(args[0], { ...document, more: 1 })).not.toEqual([]);
  });

  it('sweep with something of everything', async () => {
    const at = String.raw`/var/lib/kubelet/pods/u1/volume-subpaths/v\033[31m/c`;
    const table = [
      '30 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw',
      `40 30 0:21 /812/fd/31//deleted ${at}/0 rw shared:2 - proc proc rw`,
      `41 30 0:22 / ${at}/1 rw shared:3 - ext4 /dev/vdb rw`,
      `42 30 0:23 / /var/lib/kubelet/pods/u2/volume-subpaths/v/c/0 rw shared:4 - fuse.x x rw`,
      '40 30 0:21 /812',
    ];
    const host = fakeHost({
      files: { '/proc/self/mountinfo': `${table.join('\n')}\n` },
      directories: ['/run/subpathfix/sweep-77'],
      run: ({ file }) =>
        file === 'stat' ? { exitCode: 1, writes: [{ error: 'No such file or directory' }] } : undefined,
    });
    let printed = '';
    const output = { write: (text: string) => (printed += text), columns: null };
    const signal = new AbortController().signal;
    const context: Context = { host, version: '0.0.0', signal, argv: [], stdout: output, stderr: output };
    expect(await sweep(context, { json: true, dryRun: true })).toBe(1);
    const document = JSON.parse(printed) as Record<string, unknown[]>;
    expect(faults('sweep', document)).toEqual([]);
    for (const part of ['mounts', 'directories', 'otherKinds', 'abandoned', 'notes', 'advice'])
      expect(document[part], part).not.toHaveLength(0);
  });

  it('verify with something of everything', () => {
    const phase = { name: 'probe', title: 'test the mount', milliseconds: 12 } as const;
    const result: VerifyResult = {
      outcome: { state: 'affected', because: 'a reason' },
      reports: [
        { ...phase, state: 'passed', because: 'it works' },
        { ...phase, name: 'smoke', state: 'affected', because: 'a reason', details: ['one', 'two'] },
        { ...phase, name: 'gate', state: 'skipped', because: '--skip gate' },
      ],
      undone: [{ ...phase, name: 'activate', state: 'passed', because: 'rolled back' }],
      smoke: {
        state: 'affected',
        because: 'a reason',
        nodes: [
          {
            ...{ node: null, state: 'affected', because: 'a reason' },
            containers: [
              {
                name: 'file',
                case: 'configMap',
                state: 'defect',
                message: 'file exists',
                signature: 'mkdir',
              },
              { name: 'control', case: 'control', state: 'running', message: '' },
            ],
          },
        ],
        ...{ removed: false, left: ['namespace x'], scheduledMs: 1, decidedMs: 2.5 },
      },
      examination: undefined,
      advice: [{ code: 'sweep', text: 'remove them', command: 'sudo subpathfix sweep --apply' }],
    };
    const { published } = verifyDocument({
      ...result,
      version: '0.0.0',
      advisory: advisory.id,
      node: 'n1',
    });
    expect(faults('verify', JSON.parse(JSON.stringify(published)))).toEqual([]);
  });
});

/** The places of a schema that take any value. */
function untyped(schema: unknown, at = ''): string[] {
  if (schema === false) return [];
  if (schema === true || typeof schema !== 'object' || schema === null) return [at];
  const known = schema as Record<string, unknown>;
  const all = (key: string): [string, unknown][] => Object.entries(known[key] ?? {});
  const parts = ['properties', 'anyOf', 'oneOf', 'allOf', 'prefixItems', '$defs'].flatMap((key) =>
    all(key).map(([name, part]) => [`${at}/${name}`, part] as const),
  );
  const one = ['items', 'additionalProperties', 'propertyNames'].flatMap((key) =>
    key in known ? [[`${at}/${key}`, known[key]] as const] : [],
  );
  const narrows = ['type', 'enum', 'const', 'anyOf', 'oneOf', 'allOf', '$ref'].some((key) => key in known);
  const open =
    (known['type'] === 'object' && !('additionalProperties' in known)) ||
    (known['type'] === 'array' && !('items' in known) && !('prefixItems' in known));
  return [
    ...(narrows && !open ? [] : [at]),
    ...[...parts, ...one].flatMap(([place, part]) => untyped(part, place)),
  ];
}

describe('a schema', () => {
  it.each([...commands, 'hosts'] as const)('of %s has a type for every value', (command) =>
    expect(untyped(schemaOf(command))).toEqual([]),
  );

  it('is there for every command, and for many hosts', () => {
    const files = readdirSync(path.join(root, 'schema'));
    expect(files.sort()).toEqual([...commands, 'hosts'].sort().map((name) => `${name}.schema.json`));
  });

  it.each([
    [{ type: 'object', properties: { a: {} }, additionalProperties: false }, ['/a']],
    [{ type: 'object', additionalProperties: true }, ['/additionalProperties']],
    [{ type: 'object', properties: {} }, ['']],
    [{ anyOf: [{ type: 'string' }, true] }, ['/1']],
    [{ type: 'array' }, ['']],
    [{ type: 'array', items: {} }, ['/items']],
  ])('that is %j takes anything', (schema, places) => expect(untyped(schema)).toEqual(places));
});

describe('of an environment', async () => {
  const scratch = await scratchDirectory();
  const node = nodeRoot(scratch, 'k0s-worker-affected');
  const secret = 'hunter2';
  const kubelet = path.join(node, 'proc/1000');
  appendFileSync(path.join(kubelet, 'environ'), `SECRET=${secret}\0LIBMOUNT_DEBUG=all\0LD_BIND_NOW=1\0`);
  appendFileSync(path.join(kubelet, 'cmdline'), `--token\0${secret}\0--password=${secret}\0`);
  appendFileSync(path.join(node, 'proc/900/environ'), `SECRET=${secret}\0`);
  appendFileSync(path.join(node, 'proc/900/cmdline'), `--token=${secret}\0`);
  const unit = `/nix/store/${'u'.repeat(32)}-unit-k0sworker.service/k0sworker.service`;
  const text = readFileSync(path.join(node, unit), 'utf8');
  const added = `[Service]\nEnvironment=SECRET=${secret} LIBMOUNT_FSTAB=/x\nEnvironment="API_TOKEN=${secret}"\n`;
  writeFileSync(
    path.join(node, unit),
    text.replace('[Service]\n', added).replace(/^ExecStart=.*/m, `$& --token ${secret}`),
  );

  it.each(
    (['check', 'generate'] as const).flatMap((command) =>
      formatNamesOf(command).map((format) => [command, format] as const),
    ),
  )('and of arguments no secret comes out of %s as %s', async (command, format) => {
    const args = ['--node-root', node, '--format', format, '--verbose'];
    const more = command === 'generate' ? ['--diff'] : [];
    const { stdout, stderr } = await subpathfix([command, ...args, ...more]);
    expect(stdout).toContain(format === 'prometheus' ? '} 1' : 'libmount 2.41 was released with the defect');
    expect(stdout + stderr).not.toContain(secret);
  });

  it('PATH and the variables of libmount and the loader come out', async () => {
    const { stdout } = await subpathfix(['check', '--node-root', node, '--json']);
    const names = [...stdout.matchAll(/"environment": \{([^}]*)\}/g)].map(([, variables = '']) =>
      [...variables.matchAll(/"(\w+)":/g)].map(([, name]) => name).sort(),
    );
    expect(names).toEqual([
      ['LIBMOUNT_FSTAB', 'PATH'],
      ['LD_BIND_NOW', 'LIBMOUNT_DEBUG', 'PATH'],
      ['LIBMOUNT_FSTAB', 'PATH'],
    ]);
  });
});
