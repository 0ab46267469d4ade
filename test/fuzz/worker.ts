/** Tries cases, one after another, in a thread that the main one watches. */
import { parentPort, workerData } from 'node:worker_threads';
import { damaged, mutated } from './mutate.ts';
import { type Parser, parsers } from './parsers.ts';
import { randomOf } from './random.ts';
import { someFile, systems } from './systems.ts';

export interface Work {
  seed: number;
  /** the first case, and the one to stop before */
  from: number;
  to: number;
  /** ms since the epoch after which none is begun */
  until: number;
  /** the number of the case that is tried: the main thread sees from it that one hangs */
  progress: SharedArrayBuffer;
}

export type Report =
  | { kind: 'failed'; number: number; what: string; why: string; input: string }
  | { kind: 'ended'; cases: number; counts: Record<string, number> };

/** Of the processor, longer than any input may take: the parser of Nix gives up after 2.5 s. */
const slowMs = 4000;
const every = parsers.flatMap((parser) => Array<Parser>(parser.weight ?? 4).fill(parser));
const everyExample = parsers.flatMap(({ examples }) => examples);

async function tryCase(
  seed: number,
  number: number,
  note: (what: string, input: Buffer) => void,
): Promise<string> {
  const random = randomOf(seed, number);
  if (random.below(10) > 0) {
    const parser = random.of(every);
    const input = mutated(
      random.of(parser.examples),
      random,
      random.below(4) ? parser.examples : everyExample,
    );
    note(parser.name, input);
    await parser.read(input);
    return parser.name;
  }
  const system = random.of(systems);
  const file = someFile(system, random);
  const input = damaged(system.files[file] ?? Buffer.alloc(0), random);
  note(`${system.name}: ${file}`, input);
  const state = await system.judge({ ...system.files, [file]: input });
  if (state === 'fixed' || state === 'not-affected') throw new Error(`it is affected, and called ${state}`);
  return system.name;
}

async function work({ seed, from, to, until, progress }: Work): Promise<void> {
  const shown = new Int32Array(progress);
  const counts: Record<string, number> = {};
  const report = (message: Report): void => parentPort?.postMessage(message);
  for (const system of systems) {
    const state = await system.judge(system.files);
    if (state !== 'affected') throw new Error(`${system.name} is ${state}, so it proves nothing`);
  }
  let number = from;
  for (; number < to && Date.now() < until; number += 1) {
    Atomics.store(shown, 0, number);
    let what = '';
    let input: Buffer = Buffer.alloc(0);
    const note = (name: string, bytes: Buffer): void => {
      [what, input] = [name, bytes];
    };
    const begun = process.cpuUsage();
    let why: string | null = null;
    try {
      const name = await tryCase(seed, number, note);
      counts[name] = (counts[name] ?? 0) + 1;
    } catch (error) {
      why = error instanceof Error ? (error.stack ?? error.message) : String(error);
    }
    const took = process.cpuUsage(begun).user / 1000;
    if (took > slowMs) why = `it took ${Math.round(took)} ms`;
    if (why !== null) report({ kind: 'failed', number, what, why, input: input.toString('base64') });
  }
  report({ kind: 'ended', cases: number - from, counts });
}

await work(workerData as Work);
