/** Completions in the real shells: what is offered when the key is pressed. */
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, it } from 'vitest';
import { inProcess } from '../../helpers/in-process.ts';
import { scratchDirectory, tool } from '../../helpers/tools.ts';

const scratch = await scratchDirectory();
const work = path.join(scratch, 'work');
const PATH = `${path.join(scratch, 'bin')}:${process.env['PATH']}`;

/** Names that a shell must not expand. */
const hostile = `a$(touch ${scratch}/ran)b`;

beforeAll(async () => {
  await mkdir(path.join(scratch, 'bin'));
  await mkdir(path.join(work, 'logs dir'), { recursive: true });
  await writeFile(path.join(work, 'kubelet.log'), '');
  const program = async (name: string, text: string) => {
    const file = path.join(scratch, 'bin', name);
    await writeFile(file, `#!/bin/sh\ncat <<'EOF'\n${text}\nEOF\n`);
    await chmod(file, 0o755);
  };
  await program(
    'systemctl',
    `k0sworker.service loaded active running k0s\n${hostile}.service loaded active running x`,
  );
  await program('kubectl', `node/worker-1\nnode/worker-2\nnode/${hostile}`);
  await program('subpathfix', '');
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { exitCode, stdout } = await inProcess(['completion', shell]);
    expect(exitCode).toBe(0);
    await writeFile(path.join(scratch, shell), stdout);
  }
});

/** The words offered for the last word of a command line. */
type Complete = (line: string) => Promise<string[]>;

const inBash: Complete = async (line) => {
  const script = `source ${scratch}/bash
COMP_WORDS=(${line
    .replace(/=/g, ' = ')
    .split(' ')
    .map((word) => `'${word}'`)
    .join(' ')})
COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _subpathfix; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout } = await execa(tool('bash'), ['--norc', '-c', script], { cwd: work, env: { PATH } });
  return stdout.split('\n').filter(Boolean);
};

const inFish: Complete = async (line) => {
  const script = `source ${scratch}/fish; complete -C ${JSON.stringify(line)}`;
  const { stdout } = await execa(tool('fish'), ['--no-config', '-c', script], {
    ...{ cwd: work, env: { PATH, HOME: scratch } },
  });
  return stdout.split('\n').flatMap((each) => each.split('\t')[0] || []);
};

/** zsh completes in a terminal only: one of its own, in which the key is pressed, and what it offers is recorded. */
async function allInZsh(all: string[]): Promise<string[][]> {
  const keys = all.map((line) => `'${line}'`).join(' ');
  const script = `zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell 'PROMPT=; cd ${work}; autoload -Uz compinit; compinit -D -u; source ${scratch}/zsh'
zpty -w shell 'compadd() { local -a got; builtin compadd -O got "$@"; print -rl -- "offered:"$^got >>${scratch}/offered; builtin compadd "$@" }'
zpty -w shell 'finish() { print done >>${scratch}/offered; BUFFER= }; zle -N finish; bindkey "^X" finish'
count=0
for line in ${keys}; do
  zpty -w -n shell $line$'\t\x18'
  count=$((count + 1))
  for ((i = 0; i < 400; i++)); do
    while zpty -r -t shell out; do :; done >/dev/null
    [[ -e ${scratch}/offered && $(grep -c '^done' ${scratch}/offered) == $count ]] && break
    sleep 0.02
  done
done
zpty -d shell
cat ${scratch}/offered`;
  const options = { cwd: work, env: { PATH, HOME: scratch } };
  const { stdout } = await execa(tool('zsh'), ['-f', '-c', script], options);
  return stdout
    .split(/^done$/m)
    .map((part) => part.split('\n').flatMap((each) => /^offered:(.+)$/.exec(each)?.[1] ?? []));
}

const rows: [line: string, offered: string[], not: string[]][] = [
  ['subpathfix ', ['check', 'verify', 'completion', 'help'], ['nixos-25.05']],
  ['subpathfix di', ['diagnose'], ['check']],
  ['subpathfix check --ut', ['--util-linux'], ['--json']],
  ['subpathfix check --', ['--util-linux', '--json', '--help'], ['--apply']],
  ['subpathfix check --channel nixos-2', ['nixos-25.05'], ['k0sworker']],
  ['subpathfix check --channel=nixos-2', ['nixos-25.05'], ['k0sworker']],
  ['subpathfix status nixos-u', ['nixos-unstable'], ['check']],
  ['subpathfix check --role control', ['control-plane', 'controller', 'controller+worker'], ['agent']],
  ['subpathfix diagnose --unit ', ['k0sworker'], ['worker-1']],
  ['subpathfix verify --node ', ['worker-1', 'worker-2'], ['k0sworker']],
  ['subpathfix diagnose kub', ['kubelet.log'], ['check']],
  ['subpathfix generate --out lo', ['logs dir'], ['kubelet.log']],
  ['subpathfix completion ', ['bash', 'zsh', 'fish'], ['check']],
  ['subpathfix help ver', ['verify'], ['check']],
];

let zshWords: Promise<string[][]> | undefined;
const inZsh: Complete = async (line) => {
  zshWords ??= allInZsh(rows.map(([each]) => each));
  return (await zshWords)[rows.findIndex(([each]) => each === line)] ?? [];
};

describe.each<[string, Complete]>([
  ['bash', inBash],
  ['zsh', inZsh],
  ['fish', inFish],
])('%s', (_, complete) => {
  it.each(rows)('%s', async (line, offered, not) => {
    const words = (await complete(line)).map((word) =>
      word
        .replace(/^--[a-z]+=(?=nixos)/, '')
        .replace(/\/$|=$/, '')
        .replace(/\\(.)/g, '$1'),
    );
    expect(words).toEqual(expect.arrayContaining(offered));
    for (const word of not) expect(words).not.toContain(word);
  });

  it('expands nothing that a unit or a node is called', async () => {
    await complete('subpathfix diagnose --unit ');
    await complete('subpathfix verify --node ');
    const { stdout } = await execa('ls', [scratch]);
    expect(stdout.split('\n')).not.toContain('ran');
  });
});
