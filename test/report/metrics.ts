/**
 * A strict reader of Prometheus' text exposition format, of the part with gauges:
 * https://prometheus.io/docs/instrumenting/exposition_formats/. A collector drops a whole file for one fault.
 */
export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

export function parseMetrics(text: string): Sample[] {
  if (!text.endsWith('\n')) throw new Error('the last line does not end');
  const samples: Sample[] = [];
  const series = new Set<string>();
  const described = new Set<string>();
  let family = '';
  let helped = '';
  for (const line of text.slice(0, -1).split('\n')) {
    const [, help] = /^# HELP (\w+) \S/.exec(line) ?? [];
    const [, type] = /^# TYPE (\w+) gauge$/.exec(line) ?? [];
    if (help !== undefined) {
      if (described.has(help)) throw new Error(`${help} is described twice`);
      helped = help;
      described.add(help);
    } else if (type !== undefined) {
      if (type !== helped) throw new Error(`the type of ${type} does not follow its help`);
      family = type;
    } else {
      const sample = parseSample(line);
      if (sample.name !== family) throw new Error(`${sample.name} stands among ${family}`);
      const key = JSON.stringify([sample.name, Object.entries(sample.labels).sort()]);
      if (series.has(key)) throw new Error(`two samples of ${key}`);
      series.add(key);
      samples.push(sample);
    }
  }
  return samples;
}

function parseSample(line: string): Sample {
  const [, name, pairs, value] =
    /^([a-zA-Z_]\w*)(?:\{((?:[a-zA-Z_]\w*="(?:[^"\\]|\\[\\"n])*",?)*)\})? (-?\d+(?:\.\d+)?)$/.exec(line) ??
    [];
  if (name === undefined) throw new Error(`not a sample: ${line}`);
  const labels: Record<string, string> = {};
  for (const [, label, text] of (pairs ?? '').matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) {
    if (label === undefined || label in labels) throw new Error(`a label twice: ${line}`);
    labels[label] = (text ?? '').replace(/\\(.)/g, (_, escaped) => (escaped === 'n' ? '\n' : escaped));
  }
  return { name, labels, value: Number(value) };
}
