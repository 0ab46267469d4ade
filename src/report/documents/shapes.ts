/**
 * The published parts that documents share, each made with the zod that is passed in: this keeps zod out of the
 * bundle, and types and schemas in one place.
 */
import type { z as zod } from 'zod';
import { reasonCodes } from '../../facts/fact.ts';
import { factNames, probeCases } from '../../facts/facts.ts';
import { adviceCodes } from '../../verdict/advice.ts';
import { states } from '../../verdict/states.ts';

export type Zod = typeof zod;

/** The type that a shape describes. */
export type Published<Shape extends (z: Zod) => zod.ZodType> = zod.infer<ReturnType<Shape>>;

/** What every document begins with. */
export const head = <Command extends string>(z: Zod, command: Command) => ({
  schemaVersion: z.literal(1),
  program: z.strictObject({ name: z.literal('subpathfix'), version: z.string() }),
  command: z.literal(command),
});

export const publishHead = <Command extends string>(command: Command, version: string) =>
  ({ schemaVersion: 1, program: { name: 'subpathfix', version }, command }) as const;

/** @param codes that the text can have */
export const message = <Code extends string>(z: Zod, codes: readonly Code[]) =>
  z.strictObject({ code: z.enum(codes), text: z.string() });

export const advice = (z: Zod) =>
  z.strictObject({
    code: z.enum(adviceCodes),
    text: z.string(),
    command: z.string().optional().describe('can be run as it stands'),
  });

/** A fact with a value of this shape. */
export const fact = <Value extends zod.ZodType>(z: Zod, value: Value) =>
  z.discriminatedUnion('known', [
    z.strictObject({ known: z.literal(true), value, evidence: z.string() }),
    z.strictObject({
      known: z.literal(false),
      reason: message(z, reasonCodes),
      unreadable: z.literal(true).optional(),
    }),
  ]);

export const version = (z: Zod) =>
  z.strictObject({
    semver: z.string(),
    release: z.string().describe('as util-linux writes it'),
    text: z.string().describe('as it was read'),
  });

export const probeOutcome = (z: Zod) =>
  z.strictObject({
    state: z.enum(['affected', 'fixed']),
    mount: z.string(),
    failed: z.array(z.enum(probeCases)),
    forceMount2: z.string().nullable().describe('LIBMOUNT_FORCE_MOUNT2 as the mount saw it'),
  });

const channelShape = (z: Zod) =>
  z.strictObject({
    name: z.string(),
    release: z.string().nullable(),
    preview: z.literal(true).optional().describe('built before the release branched off'),
    date: z.string().optional().describe('the day of its nixpkgs'),
  });

export const facts = (z: Zod) => {
  const patch = z.strictObject({
    name: z.string(),
    url: z.string().optional(),
    applies: fact(z, z.boolean()),
    touchesDefect: fact(z, z.boolean()),
    reverts: z.literal(true).optional().describe('it is taken out of the source'),
    unread: z.literal(true).optional().describe('what is listed here is not understood'),
  });
  return z.strictObject({
    channel: fact(z, channelShape(z)),
    revision: fact(z, z.string()),
    utilLinux: fact(z, version(z)),
    libmount: fact(z, version(z)),
    packaged: fact(
      z,
      z.strictObject({
        version: version(z),
        system: z.string().nullable().describe('as ID in /etc/os-release; null if it is not known'),
        name: z.string().nullable().describe('of the system, for people'),
        snapshot: z.string().nullable().describe('of a system that is released as a whole'),
        built: z.string().nullable().describe('the day of the build'),
      }),
    ),
    patches: fact(z, z.strictObject({ version: version(z), patches: z.array(patch) })),
    withPatches: fact(z, z.boolean()),
    probe: fact(z, probeOutcome(z)),
    noKubelet: fact(z, z.string()).describe('why the node needs no kubelet'),
    forceMount2: fact(z, z.string()),
  });
};

export const verdict = (z: Zod) =>
  z.strictObject({
    state: z.enum(states),
    decidedBy: z.enum(factNames).nullable().describe('the fact that decided; null if none could'),
    because: z.string(),
    evidence: z.string().nullable().describe('where the deciding fact was read'),
    against: z.array(z.strictObject({ fact: z.enum(factNames), text: z.string() })),
    toConfirm: z.array(advice(z)).describe('stronger evidence that is still missing'),
  });
