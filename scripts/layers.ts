/**
 * The layers of src/, and a check that imports only go down. Prints a line for each violation, and fails then.
 * Biome finds cycles within a room (noImportCycles).
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** From top to bottom; each is a directory of src/ or a file. */
const layers = [
  ...['main', 'cli', 'commands', 'report', 'verify', 'smoke', 'cluster', 'apply', 'render', 'remedy'],
  ...['verdict', 'facts', 'distributions', 'advisory', 'host', 'text', 'trouble', 'errors'],
];

/** Neither reads a machine nor runs a program: no node:, no execa, and only types from host. */
const pure = [
  'report',
  'render',
  'remedy',
  'verdict',
  'distributions',
  'advisory',
  'text',
  'trouble',
  'errors',
];

/** Modules that reach the machine or the network, and the layers that may use them. */
const edges = ['main', 'host'];
const machine =
  /^(?:node:(?:fs|child_process|https?|http2|net|tls|dgram|dns|os|worker_threads)(?:\/|$)|undici$|execa$)/;

interface Import {
  from: string;
  to: string;
  typeOnly: boolean;
}

const statement = /^(?:import|export)\s(?:([^;'"]*?)\sfrom\s)?\s*'([^']+)'/gm;
const dynamic = /\bimport\(\s*'([^']+)'/g;

function importsOf(file: string, source: string): Import[] {
  const isType = (clause: string): boolean =>
    /^type\s/.test(clause) || /^\{\s*(?:type\s[^,}]*,?\s*)+\}$/.test(clause);
  return [
    ...[...source.matchAll(statement)].map(([, clause = '', to = '']) => ({ to, typeOnly: isType(clause) })),
    ...[...source.matchAll(dynamic)].map(([, to = '']) => ({ to, typeOnly: false })),
  ].map((found) => ({ from: file, ...found }));
}

/** What is wrong with an import; null if nothing is. */
function fault({ from, to, typeOnly }: Import): string | null {
  const layer = layerOf(from);
  if (!layers.includes(layer)) return `${layer} is not a layer: add it to scripts/layers.ts`;
  if (!to.startsWith('.')) {
    if (pure.includes(layer) && /^(?:node:|execa$)/.test(to)) return `${layer} is pure`;
    return machine.test(to) && !edges.includes(layer) ? `only ${edges.join(' and ')} may` : null;
  }
  const target = path.join(path.dirname(from), to);
  if (target.startsWith('..')) return null;
  const below = layerOf(target);
  if (pure.includes(layer) && below === 'host' && !typeOnly) return `${layer} is pure`;
  return layers.indexOf(below) < layers.indexOf(layer) ? `${below} is above ${layer}` : null;
}

/** The top directory, or the name, of a path within src/. */
const layerOf = (file: string): string => file.split(path.sep)[0]?.replace(/\.ts$/, '') ?? '';

/** @returns a line for each import in the TypeScript files of the directory that breaks a rule */
export function violations(src: string): string[] {
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && !file.endsWith('.d.ts'),
  );
  return files
    .sort()
    .flatMap((file) => importsOf(file, readFileSync(path.join(src, file), 'utf8')))
    .flatMap((found) => {
      const reason = fault(found);
      return reason === null ? [] : [`${path.join('src', found.from)} imports ${found.to}: ${reason}`];
    });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const found = violations(path.resolve(import.meta.dirname, '../src'));
  for (const line of found) process.stderr.write(`${line}\n`);
  process.exitCode = found.length === 0 ? 0 : 1;
}
