/** The published form of `audit`. */
import { distributionNames } from '../../distributions/index.ts';
import { markKinds, sightingKinds } from '../../facts/configuration/sighting.ts';
import { auditStates } from '../../verdict/audit.ts';
import { costCodes } from '../../verdict/audit-costs.ts';
import { advice, head, message, type Published, verdict, type Zod } from './shapes.ts';

export const auditNoteCodes = ['not-read', 'by-hand', 'unproven'] as const;

export const published = (z: Zod) =>
  z.strictObject({
    ...head(z, 'audit'),
    advisory: z.string(),
    directory: z.string().describe('as it was given'),
    files: z.strictObject({
      searched: z.int(),
      parsed: z.int().describe('those with a word that can matter'),
    }),
    nixpkgs: z
      .array(
        z.strictObject({
          lock: z.string().nullable().describe('the lock file; null for what options say'),
          input: z.string().nullable(),
          revision: z.string().nullable(),
          date: z.string().nullable().describe('the day of its commit'),
          verdict: verdict(z),
        }),
      )
      .describe('that the findings are judged by'),
    findings: z.array(
      z.strictObject({
        kind: z.enum(sightingKinds),
        file: z.string().describe('from the directory'),
        line: z.int(),
        unit: z.string().nullable(),
        distribution: z.enum(distributionNames as [string, ...string[]]).nullable(),
        name: z.string().nullable().describe('what it sets, or is called'),
        marks: z
          .array(z.strictObject({ kind: z.enum(markKinds), detail: z.string() }))
          .describe('what shows that it is about the defect'),
        what: z.string().describe('what it does'),
        state: z.enum(auditStates),
        because: z.string(),
        costs: z.array(message(z, costCodes)).describe('of keeping it'),
        inDiff: z.boolean().describe('whether --diff takes it out'),
      }),
    ),
    unread: z.array(z.strictObject({ path: z.string(), reason: z.string() })),
    diff: z.string().optional().describe('with --diff: for patch -p1 in the directory'),
    notes: z.array(message(z, auditNoteCodes)),
    advice: z.array(advice(z)),
  });

export type Audit = Published<typeof published>;
export type AuditFinding = Audit['findings'][number];
