/** The shape of the snapshot. Used when it is built and tested; the rest imports the types alone. */
import { z } from 'zod';

const day = z.iso.date();
const release = z.string().regex(/^\d\d\.(05|11)$/);

const entry = z.strictObject({
  channels: z.union([
    z.strictObject({ releases: z.strictObject({ from: release.optional(), to: release }) }),
    z.strictObject({ rolling: z.literal(true) }),
  ]),
  state: z.enum(['fixed', 'not-affected']),
  /** what every revision since then has, as a range */
  utilLinux: z.string().regex(/^(<|>=)\d+\.\d+(\.\d+)?$/),
  /** null: as long as the channel is there, or a day that is not recorded */
  since: day.nullable(),
  text: z.string(),
  source: z.strictObject({
    url: z.string().regex(/^https:\/\/github\.com\/NixOS\/nixpkgs\/pull\/\d+$/),
    /** when it was opened */
    date: day,
  }),
});

export const snapshotSchema = z.strictObject({
  schemaVersion: z.literal(1),
  /** the day of the latest source: what came later is not in it */
  asOf: day,
  entries: z.array(entry).min(1),
});

export type Snapshot = z.infer<typeof snapshotSchema>;
