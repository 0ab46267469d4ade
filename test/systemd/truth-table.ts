import { afterAll, expect } from 'vitest';
import { answers, checkTime, printed, type Row } from './answers.ts';
import { nodesOfTest } from './fixture.ts';
import { install } from './install.ts';
import type { KubernetesNode } from './kubernetes.ts';
import { installProgram } from './program.ts';
import type { Flavour, Variant } from './variants.ts';

interface Expected {
  truth: Flavour;
  unit: string;
  role: string;
  drift?: 'not-in-effect' | 'lost-at-restart';
}

/** What only an administrator's kubeconfig makes possible. */
const WORKERS = ['worker', 'agent'];

/** What the program has to say where that is the truth. */
function expectedRow(expected: Expected, node: string): Omit<Row, 'scene' | 'check'> & { check: unknown } {
  const { truth, unit, role, drift = 'none' } = expected;
  const good = truth === 'good';
  const verdict = `${good ? '(fixed|not-affected) 0' : 'affected 1'}, ${unit}, ${role.replace('+', '\\+')}`;
  const writes = !good || drift === 'lost-at-restart';
  return {
    truth,
    check: expect.stringMatching(`^${verdict}$`),
    drift,
    generate: writes ? `0, ${unit}, ${role}` : '0, nothing',
    verify: verified(expected, node),
  };
}

function verified({ truth, unit, role, drift }: Expected, node: string): string {
  if (drift === 'not-in-effect') return `not-in-effect 4, pod skipped; sudo systemctl restart ${unit}`;
  const elsewhere = WORKERS.includes(role) ? `; subpathfix verify --node ${node}` : null;
  const pod = elsewhere === null ? (truth === 'good' ? 'passed' : 'affected') : 'undetermined';
  if (drift === 'lost-at-restart')
    return `lost-at-restart 4, pod ${pod}; subpathfix generate${elsewhere ?? ''}`;
  if (truth === 'affected') return `affected 4, pod ${pod}${elsewhere ?? ''}`;
  return elsewhere === null ? `proven 0, pod ${pod}` : `undetermined 3, pod ${pod}${elsewhere}`;
}

/** The rows of a test file: each is compared with the truth, and all are printed as a table at its end. */
export class TruthTable {
  readonly start = nodesOfTest();
  readonly #rows: Row[] = [];
  readonly #times: number[] = [];

  /** Called where the tests are declared. */
  constructor() {
    afterAll(() => {
      console.log(printed(this.#rows));
      for (const time of this.#times) console.log(`check: a median of ${time} ms`);
    });
  }

  /** A fresh node with the program and Kubernetes. */
  async install(variant: Variant, which: 0 | 1 = 0, server?: KubernetesNode): Promise<KubernetesNode> {
    const node = await this.start(which);
    await installProgram(node);
    return await install(node, variant, server);
  }

  /** Asks the program and a pod, and has the test fail where they differ. */
  async add(kubernetes: KubernetesNode, scene: string, expected: Expected): Promise<void> {
    const row = await this.addUnchecked(kubernetes, scene);
    expect.soft(row).toEqual({ scene, ...expectedRow(expected, kubernetes.name) });
  }

  async addUnchecked(kubernetes: KubernetesNode, scene: string): Promise<Row> {
    const row = await answers(kubernetes, scene);
    this.#rows.push(row);
    return row;
  }

  /** How long check takes on a node that has settled, for the table: no limit is reached, however busy the machine. */
  async time(kubernetes: KubernetesNode): Promise<void> {
    const median = await checkTime(kubernetes);
    this.#times.push(median);
    expect.soft(median).toBeLessThan(4000);
  }
}
