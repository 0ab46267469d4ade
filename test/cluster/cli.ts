import { parseArgs } from 'node:util';
import { execa } from 'execa';
import { AFFECTED_MOUNT, buildAll, GOOD_MOUNT } from './build.ts';
import { clean, leftovers } from './clean.ts';
import { Cluster } from './cluster.ts';
import { ALL, ANSWERS, matrix, type Row } from './matrix.ts';
import { isAlive } from './processes.ts';
import { readState } from './state.ts';
import { up } from './up.ts';

const USAGE = `usage: npx tsx test/cluster/cli.ts COMMAND
  up [--mount DIR|good|affected] [--env NAME=VALUE]...       start the cluster and leave it running
  run [--mount DIR|good|affected] [--env NAME=VALUE]...      start it, and end it with this process (Ctrl-C)
  kubelet [--mount DIR|good|affected] [--env NAME=VALUE]...  restart kubelet, with these alone
  kubectl -- ARGS...                                         run kubectl as admin
  matrix                                                     all releases: the truth beside the answer
  build                                                      compile what the cache lacks
  status                                                     say what is running
  down                                                       end it and remove all its traces`;

const commands: Record<string, (options: Options, args: string[]) => Promise<void>> = {
  async up({ mount, env }) {
    await up({ mount: mount ?? GOOD_MOUNT, env, keep: true, report: (line) => console.error(line) });
    await status();
  },
  async run({ mount, env }) {
    await up({ mount: mount ?? GOOD_MOUNT, env, report: (line) => console.error(line) });
    await status();
    await new Promise(() => setInterval(() => {}, 60_000));
  },
  async kubelet({ mount, env }) {
    await new Cluster().restartKubelet({ ...(mount === undefined ? {} : { mount }), env });
  },
  async kubectl(_options, args) {
    const cluster = new Cluster();
    const { exitCode } = await execa(
      `${cluster.bin}/kubectl`,
      ['--kubeconfig', cluster.adminKubeconfig, ...args],
      {
        stdio: 'inherit',
        reject: false,
      },
    );
    process.exitCode = exitCode ?? 1;
  },
  async matrix() {
    const rows: Row[] = [];
    for await (const row of matrix(ALL, (line) => console.error(line))) {
      rows.push(row);
      console.error(Object.values(row).join('  '));
    }
    console.table(rows.map(({ because, ...shown }) => shown));
    const wrong = rows.filter(({ truth, answer }) => answer !== ANSWERS[truth]);
    if (wrong.length > 0) throw new Error(`the answer is not the truth: ${JSON.stringify(wrong, null, 2)}`);
  },
  async build() {
    await buildAll((line) => console.error(line));
  },
  status,
  async down() {
    clean();
  },
};

interface Options {
  mount: string | undefined;
  env: Record<string, string>;
}

async function status(): Promise<void> {
  const state = readState();
  if (state === undefined) {
    console.log(['the cluster is not up', ...leftovers()].join('\n  left: '));
    return;
  }
  for (const [name, process] of Object.entries(state.processes)) {
    console.log(`${name.padEnd(24)} ${isAlive(process) ? `process ${process.pid}` : 'has ended'}`);
  }
  const { adminKubeconfig, bin, logs } = new Cluster();
  console.log(`mount       ${state.kubelet.mount}`);
  for (const [name, value] of Object.entries(state.kubelet.env)) console.log(`environment ${name}=${value}`);
  console.log(`KUBECONFIG  ${adminKubeconfig}\nprograms    ${bin}\nlogs        ${logs}`);
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { mount: { type: 'string' }, env: { type: 'string', multiple: true, default: [] } },
  });
  const [name = '', ...args] = positionals;
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) throw new Error(USAGE);
  const env = Object.fromEntries(
    values.env.map((each) => {
      const at = each.indexOf('=');
      if (at < 1) throw new Error(`--env ${each}: not NAME=VALUE`);
      return [each.slice(0, at), each.slice(at + 1)];
    }),
  );
  const named: Record<string, string> = { good: GOOD_MOUNT, affected: AFFECTED_MOUNT };
  await command({ mount: values.mount && (named[values.mount] ?? values.mount), env }, args);
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
