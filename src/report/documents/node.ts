/** What was found on a machine, as published and for people: never a whole environment. */
import { distributionNames } from '../../distributions/index.ts';
import { type Fact, known } from '../../facts/fact.ts';
import type { MountChain } from '../../facts/mount/chain.ts';
import {
  effectiveMount,
  type LayeredMount,
  layers,
  layerText,
  type NodeFacts,
} from '../../facts/node/node-facts.ts';
import { refusalCodes } from '../../facts/node/standing.ts';
import type { Drift } from '../../verdict/drift.ts';
import { driftStates } from '../../verdict/states.ts';
import { fact, type Published, probeOutcome, version, type Zod } from './shapes.ts';

const environment = (z: Zod) =>
  z
    .record(z.string(), z.string())
    .describe('PATH and the variables of libmount and the loader; no others are published');

const chain = (z: Zod) =>
  z.strictObject({
    mount: z.string().describe('the mount that PATH gives'),
    entry: z.string().describe('the entry of PATH that contains it'),
    steps: z.array(z.string()).describe('links and wrappers, to the program itself'),
    libmount: fact(z, z.string()),
    version: fact(z, version(z)),
    environment: environment(z),
  });

export const ignored = (z: Zod) =>
  z.strictObject({
    pid: z.int(),
    name: z.string().describe('what it calls itself'),
    code: z.enum(refusalCodes),
    text: z.string(),
  });

export const publishedNode = (z: Zod) => {
  const layered = fact(z, chain(z).extend({ layer: z.enum(layers) }));
  const leftDirectory = z.strictObject({ path: z.string(), podUid: z.string(), mounts: z.int() });
  return z.strictObject({
    os: fact(
      z,
      z.strictObject({
        nixos: z.boolean(),
        name: z.string(),
        activatedAt: z.number().nullable().describe('ms since the epoch; null if it is not NixOS'),
      }),
    ),
    kubelet: fact(
      z,
      z.strictObject({
        pid: z.int(),
        distribution: z.enum(distributionNames),
        role: z.string().nullable(),
        rootDirectory: z.string(),
        unit: z.string().nullable(),
        startedAt: z.number().nullable().describe('seconds since the epoch'),
      }),
    ),
    unit: fact(
      z,
      z.strictObject({
        name: z.string(),
        files: z.array(z.string()),
        program: z.string().nullable(),
        environment: environment(z),
      }),
    ),
    wrapped: fact(z, z.boolean()).describe('whether the package puts its own PATH first'),
    mount: layered.describe("the running kubelet's"),
    planned: layered.describe('what kubelet would use if its unit were started now'),
    plannedProbe: fact(z, probeOutcome(z)).describe('what that one did, if a restart would change anything'),
    drift: z
      .strictObject({ state: z.enum(driftStates), because: z.string() })
      .describe("what a restart of kubelet's unit would change"),
    shellMount: fact(z, chain(z)),
    csiMount: fact(z, z.string()),
    ignored: z.array(ignored(z)).describe('processes that go by the name of a kubelet, and are not believed'),
    leftovers: fact(
      z,
      z.strictObject({
        directories: z.array(leftDirectory),
        malformedLines: z.int().describe('of the mount table that could not be read'),
      }),
    ),
  });
};

/** Only what is named here is published. */
export function publishNode(node: NodeFacts, drift: Drift): Published<typeof publishedNode> {
  const { os, kubelet, unit, wrapped, mount, planned, plannedProbe, shellMount, csiMount, leftovers } = node;
  const { ignored: ignoredProcesses } = node;
  return {
    os,
    kubelet: map(kubelet, ({ pid, distribution, role, rootDirectory, startedAt }) => {
      const name = unit.known ? unit.value.name : null;
      return { pid, distribution, role, rootDirectory, unit: name, startedAt };
    }),
    unit: map(unit, ({ name, files, exec, env }) => {
      return { name, files, program: exec[0] ?? null, environment: publishable(env) };
    }),
    wrapped,
    mount: map(mount, publishLayered),
    planned: map(planned, publishLayered),
    plannedProbe,
    drift: { state: drift.state, because: drift.because },
    shellMount: map(shellMount, publishChain),
    csiMount,
    ignored: [...ignoredProcesses],
    leftovers: map(leftovers, ({ directories, malformed }) => ({
      directories: directories.map((each) => {
        return { path: each.path, podUid: each.podUid, mounts: each.leftovers.length };
      }),
      malformedLines: malformed,
    })),
  };
}

function map<From, To>(from: Fact<From>, change: (value: From) => To): Fact<To> {
  return from.known ? known(change(from.value), from.evidence) : from;
}

const publishLayered = (mount: LayeredMount) => ({ ...publishChain(mount), layer: mount.layer });

function publishChain({ mount, entry, steps, libmount, version: found, env }: MountChain) {
  return { mount, entry, steps, libmount, version: found, environment: publishable(env) };
}

/** Anything else in an environment can be a secret. */
const publishable = (env: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(env).filter(([name]) => /^(PATH$|LIBMOUNT_|LD_)/.test(name)));

/**
 * From the system to the libmount that is loaded, a line each.
 * @param said the sentence of the verdict: it is not repeated, and neither is one that stands in the chain
 */
export function chainLines(node: NodeFacts, said: string): string[] {
  const { os, kubelet, unit } = node;
  const effective = effectiveMount(node);
  const lines = [os.known ? os.value.name : os.reason.text];
  if (unit.known) lines.push(`unit ${unit.value.name}`);
  if (kubelet.known) lines.push(`kubelet of ${kubelet.value.distribution}, pid ${kubelet.value.pid}`);
  else lines.push(kubelet.reason.text);
  if (effective.known) {
    const { steps, entry, layer, libmount } = effective.value;
    lines.push(`PATH ${entry} (${layerText(layer)})`, ...steps);
    lines.push(libmount.known ? libmount.value : libmount.reason.text);
  } else lines.push(effective.reason.text);
  const news = lines.filter((line, index) => line !== said && lines.indexOf(line) === index);
  return news.map((line, index) => (index === 0 ? line : `-> ${line}`));
}
