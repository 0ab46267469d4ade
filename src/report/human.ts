/** The report for a person at a terminal: one screen, the answer first. */
import { createColors } from 'picocolors';
import { effectiveMount, type NodeFacts } from '../facts/node/node-facts.ts';
import type { Report } from './report.ts';

type Colors = ReturnType<typeof createColors>;

/** How facts are called where people read them. */
export const factTitles: Record<string, string> = {
  channel: 'channel',
  revision: 'revision of nixpkgs',
  utilLinux: 'util-linux version',
  libmount: 'libmount version',
  patches: 'patches in nixpkgs',
  withPatches: 'util-linux.withPatches',
  probe: 'mount tried',
  forceMount2: 'LIBMOUNT_FORCE_MOUNT2',
};

export function human(report: Report, color: boolean): string {
  const colors = createColors(color);
  const { verdict, remedy } = report;
  const lines = [headline(report, colors)];
  const row = (title: string, texts: string[]): void => {
    for (const [index, text] of texts.entries()) {
      lines.push(`  ${colors.dim((index === 0 ? title : '').padEnd(12))} ${text}`);
    }
  };
  if (verdict.decidedBy !== null)
    row('decided by', [`${factTitles[verdict.decidedBy]}: ${verdict.evidence}`]);
  if (report.node) row('chain', chainLines(report.node as NodeFacts));
  row(
    'against it',
    verdict.against.map(({ fact, text }) => `${factTitles[fact]}: ${text}`),
  );
  if (report.probe) row('tried', report.probe.steps.flatMap(probeLine));
  if (!remedy) row(verdict.state === 'undetermined' ? 'to settle it' : 'to be sure', verdict.toSettle);
  row('note', report.notes);
  row('next', report.advice);
  if (remedy) lines.push('', ...remedyLines(remedy, colors));
  return `${lines.join('\n')}\n`;
}

function headline({ verdict, command }: Report, colors: Colors): string {
  const paint = {
    affected: colors.red,
    fixed: colors.green,
    'not-affected': colors.green,
    undetermined: colors.yellow,
  }[verdict.state];
  const title = verdict.state.replace('-', ' ');
  const nothing = command === 'generate' && verdict.state !== 'affected' && verdict.state !== 'undetermined';
  return `${colors.bold(paint(title))}: ${verdict.because}${nothing ? '; nothing is needed, nothing was written' : ''}`;
}

/** From the system to the libmount that is loaded, a line each. */
function chainLines(node: NodeFacts): string[] {
  const { os, kubelet, unit } = node;
  const effective = effectiveMount(node);
  const lines = [os.known ? os.value.name : os.reason];
  if (unit.known) lines.push(`unit ${unit.value.name}`);
  if (kubelet.known) lines.push(`kubelet of ${kubelet.value.distro}, pid ${kubelet.value.pid}`);
  else lines.push(kubelet.reason);
  if (!effective.known) return [...lines, effective.reason];
  const { steps, entry, layer, libmount } = effective.value;
  lines.push(`PATH ${entry} (${layer})`, ...steps);
  lines.push(libmount.known ? libmount.value : libmount.reason);
  return lines.map((line, index) => (index === 0 ? line : `-> ${line}`));
}

function probeLine({ name, exitCode, seen, words }: NonNullable<Report['probe']>['steps'][number]): string[] {
  const there = { content: 'bound right', link: 'the link itself was bound', nothing: 'not bound' }[seen];
  const [first = ''] = words.split('\n');
  return [`${name.padEnd(9)} exit ${exitCode}, ${there}${first ? `: ${first}` : ''}`];
}

function remedyLines(remedy: NonNullable<Report['remedy']>, colors: Colors): string[] {
  const lines: string[] = [];
  const { system, strategy, chosen, files, written } = remedy;
  lines.push(
    `cure: strategy ${strategy}${chosen === null ? '' : ` (${chosen})`}, unit ${system.unit} of ${system.distro}`,
  );
  for (const assumed of system.assumed) lines.push(`  assumed: ${assumed}`);
  for (const { path, action, diff } of files) {
    const done = { create: 'wrote', update: 'updated', unchanged: 'unchanged' }[action];
    const planned = { create: 'would write', update: 'would update', unchanged: 'unchanged' }[action];
    lines.push(`  ${written ? done : planned} ${path}`);
    if (diff) lines.push(diff.trimEnd());
  }
  for (const warning of remedy.warnings) lines.push(`${colors.yellow('note')}: ${warning}`);
  lines.push('');
  for (const [index, { text, commands }] of remedy.steps.entries()) {
    lines.push(`${index + 1}. ${text}`);
    for (const command of commands) lines.push(`     ${colors.cyan(command)}`);
  }
  return lines;
}
