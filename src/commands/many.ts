/** Runs a command on many hosts at a time, and makes one report of it. */
import { UserError } from '../errors.ts';
import { missingText } from '../host/missing.ts';
import { type HostCommand, type HostReport, hostCommands, hostsDocument } from '../report/documents/hosts.ts';
import { printableLine } from '../text/escape.ts';
import { type Context, hostFor, present, type SharedOptions } from './context.ts';
import { checkHostsOptions, type HostsOptions, limitsOf, targetsOf } from './hosts-options.ts';
import { onHost, type RunCommand } from './on-host.ts';

/** What the options of the commands say about all hosts alike. */
interface ManyOptions extends HostsOptions, SharedOptions {
  kubeconfig?: string;
  context?: string;
  apply?: true;
  dryRun?: true;
  skip?: string;
}

/** `verify` waits for kubelet as long as its --timeout says, and does more than that. */
const beyondMs = { check: 0, probe: 0, sweep: 0, verify: 30_000 } as const;

/**
 * @param run the command itself: it gets each host for the machine that it runs on
 * @returns the exit code of the worst host: 4, 1, 3, then 0
 * @throws {UserError} for options that cannot be used together, or name no host
 */
export async function many(
  context: Context,
  name: string,
  run: RunCommand,
  options: ManyOptions,
): Promise<number> {
  const command = hostCommands.find((each) => each === name);
  if (command === undefined) throw new UserError(`${name}: takes no --host`);
  checkHostsOptions(options);
  const { jobs, limitMs } = limitsOf(options);
  const local = hostFor(context, options);
  const { kubeconfig, context: cluster } = options;
  const targets = await targetsOf(local, options, async () => {
    const { nodeAddresses } = await import('../cluster/addresses.ts');
    return nodeAddresses(local, { kubeconfig, context: cluster }, context.signal);
  });
  const ssh = await local.findTool('ssh');
  if (ssh.file === null) throw new UserError(`${missingText('ssh', ssh)}; install OpenSSH's client`);
  const changes = options.apply === true && !options.dryRun;
  const asked = {
    ...{ context, run, changes, ssh: ssh.file, options: forOne(command, options) },
    limitMs: limitMs + beyondMs[command],
  };
  const say = progress(context, options, targets.length);
  const reports = await inParallel(targets, changes ? 1 : jobs, async (target) => {
    const report = await onHost(target, asked);
    say(report);
    return report;
  });
  return present(context, hostsDocument(command, context.version, reports), options);
}

/** The options of the command for one host, without those about hosts. */
function forOne(command: HostCommand, options: ManyOptions): object {
  const { host, hostsFile, hostsFrom, jobs, kubeconfig, context, timeout, ...rest } = options;
  if (command !== 'verify') return rest;
  const skip = [...(options.skip ?? '').split(',').filter(Boolean), 'smoke'].join(',');
  return { ...rest, skip, ...(timeout === undefined ? {} : { timeout }) };
}

/** A line for each host as it ends, on a terminal. */
function progress(
  { stderr }: Context,
  { quiet, json }: SharedOptions,
  total: number,
): (report: HostReport) => void {
  let done = 0;
  return ({ name, state, seconds }) => {
    done += 1;
    if (quiet || json || stderr.columns === null) return;
    stderr.write(`${printableLine(`[${done}/${total}] ${name}: ${state} (${seconds.toFixed(1)} s)`)}\n`);
  };
}

/** In the order of what it is done with. */
async function inParallel<T, Result>(
  all: readonly T[],
  jobs: number,
  act: (each: T) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = new Array(all.length);
  const rest = all.entries();
  const worker = async (): Promise<void> => {
    for (const [index, each] of rest) results[index] = await act(each);
  };
  await Promise.all(Array.from({ length: Math.min(jobs, all.length) }, worker));
  return results;
}
