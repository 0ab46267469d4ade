/** The formats of reports, by their name in --format. Each is loaded when it is used. */
import type { Document, Style } from '../document.ts';

interface Format {
  load(): Promise<(document: Document, style: Style) => string>;
  /** the commands that it is not for */
  except?: readonly string[];
}

const table = {
  human: { load: async () => (await import('./human.ts')).human },
  json: { load: async () => (await import('./json.ts')).json },
  markdown: { load: async () => (await import('./markdown.ts')).markdown },
  junit: { load: async () => (await import('./junit.ts')).junit },
  prometheus: {
    load: async () => (await import('./prometheus.ts')).prometheus,
    except: ['generate', 'probe', 'diagnose', 'audit'],
  },
  html: { load: async () => (await import('./html/page.ts')).page, except: ['generate'] },
} satisfies Record<string, Format>;

export type FormatName = keyof typeof table;

export const formats: Readonly<Record<FormatName, Format>> = table;

/** The formats that a command offers. */
export const formatNamesOf = (command: string): FormatName[] =>
  (Object.keys(table) as FormatName[]).filter((name) => !formats[name].except?.includes(command));
