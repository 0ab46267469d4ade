import { parser } from '@prometheus-io/lezer-promql';

/** By Prometheus' own grammar: how many places do not parse, and the names and labels of the metrics that it reads. */
export function readPromql(expression: string): {
  faults: number;
  selectors: { name: string; labels: string[] }[];
} {
  const text = ({ from, to }: { from: number; to: number }) => expression.slice(from, to);
  const selectors: { name: string; labels: string[] }[] = [];
  let faults = 0;
  parser.parse(expression).iterate({
    enter(node) {
      if (node.type.isError) faults += 1;
      if (node.name === 'VectorSelector') {
        const labels = node.node.getChild('LabelMatchers')?.getChildren('UnquotedLabelMatcher') ?? [];
        selectors.push({
          name: text(node.node.getChild('Identifier') ?? { from: 0, to: 0 }),
          labels: labels.map((each) => text(each.getChild('LabelName') ?? { from: 0, to: 0 })),
        });
      }
    },
  });
  return { faults, selectors };
}
