/** The published form of `diagnose`. */
import { lookAlikes } from '../../advisory/look-alikes.ts';
import { strengths } from '../../verdict/diagnosis.ts';
import { advice, head, message, type Published, type Zod } from './shapes.ts';

export const diagnoseNoteCodes = [
  'proves-nothing',
  'leftovers-since',
  'look-alike',
  'not-whole',
  'cut',
  'pods-not-named',
  'source-says',
] as const;

const finding = (z: Zod) =>
  z.strictObject({
    strength: z.enum(strengths),
    pod: z
      .strictObject({
        uid: z.string().nullable(),
        namespace: z.string().nullable(),
        name: z.string().nullable(),
      })
      .nullable()
      .describe('null if the messages name none'),
    mounts: z
      .array(
        z.strictObject({
          volume: z.string().nullable(),
          container: z.string().nullable(),
          index: z.int().nullable().describe('of the volumeMount in its container'),
        }),
      )
      .describe('those that show it'),
    firstSeen: z.string().nullable().describe('as the log has it; without a zone where the log has none'),
    lastSeen: z.string().nullable(),
    messages: z
      .int()
      .describe('of the defect, or of another cause; a log can have the same fault several times'),
    signatures: z.array(z.strictObject({ id: z.string().describe('of the advisory'), messages: z.int() })),
    looksLike: z.array(z.enum(lookAlikes.map(({ code }) => code))),
    leftoversSince: z
      .string()
      .nullable()
      .describe('since when only a leftover is seen: the mount may work by now; null if that is not so'),
    examples: z.array(z.string()).describe('a message of each kind'),
  });

export const published = (z: Zod) =>
  z.strictObject({
    ...head(z, 'diagnose'),
    sources: z.array(
      z.strictObject({
        name: z.string(),
        bytes: z.int().describe('that were searched, unpacked'),
        damage: z.string().nullable().describe('why it could not be read to its end; null if it was'),
      }),
    ),
    strength: z.enum(strengths).nullable().describe('the strongest finding; null for none'),
    findings: z.array(finding(z)),
    cut: z.int().describe('messages about pods beyond the limit, which are not listed'),
    redacted: z.boolean(),
    notes: z.array(message(z, diagnoseNoteCodes)),
    advice: z.array(advice(z)),
  });

export type Diagnose = Published<typeof published>;
export type Found = Diagnose['findings'][number];
