/**
 * The fixes as parts of the NixOS module: what `generate` writes, with conditions, and with names from the options in
 * the place of those from a command line. Needs the templates compiled, as in the tests.
 */
import { advisory } from '../src/advisory/index.ts';
import type { Distribution, StrategyName } from '../src/distributions/distribution.ts';
import { type DistributionName, distributionNames, distributions } from '../src/distributions/index.ts';
import { kubeletStrategy } from '../src/remedy/choose.ts';
import { plan } from '../src/remedy/plan.ts';
import type { PlannedFile } from '../src/remedy/remedy.ts';
import { strategies } from '../src/remedy/strategies/index.ts';
import { type NixExpression, type RenderedFile, render } from '../src/render/render.ts';
import gate from '../templates/module-gate.nix.hbs';

const unit: NixExpression = { expression: 'config.services.subpathfix.unit' };
const fix = 'services.subpathfix.fix';
const words = {
  fix,
  orElse: `set ${fix}.strategy = \\"env\\"`,
  useEnv: `set ${fix}.strategy = \\"env\\"`,
  otherInstead: `set ${fix}.strategy = \\"env\\" instead`,
  wrapperInstead: 'set fix.wrapper, and not fix.enable',
};
const common = { unit, words };
const hint = (units: readonly string[]): string[] => [
  `It has been called ${units.join(', ')}: set services.subpathfix.unit to its name here.`,
];
const gateWanted = 'config.services.subpathfix.gate.enable';
const variable = advisory.environment.variable;

/** The strategies for kubelet that reach it whatever else the configuration says, the preferred one first. */
function strategiesOf(name: DistributionName): StrategyName[] {
  const distribution: Distribution = distributions[name];
  if (distribution.onNixos === false) return [];
  const { system } = plan({ distribution: name, strategies: ['env'], ...request }, advisory);
  const reach = { system, distribution };
  const others = (['path', 'package'] as const).filter(
    (strategy) => strategy === kubeletStrategy(reach) && strategies[strategy].obstacle?.(reach) === null,
  );
  return [...others, 'env'];
}

const request = { gate: false, out: '.', header: { version: '', command: '', why: '' } };

function filesOf(name: DistributionName, strategy: StrategyName): PlannedFile[] {
  return plan({ distribution: name, strategies: [strategy], ...request }, advisory).files;
}

/** A file of a fix, in effect where the option says so. */
function part(path: string, planned: PlannedFile | undefined, wanted: string, more = {}): RenderedFile {
  if (!planned) throw new Error(`${path}: the fix has no such file`);
  return render({
    path,
    template: planned.template,
    data: { ...planned.data, ...common, module: { wanted }, ...more },
  });
}

/** The files of nix/fixes. */
export function moduleFixes(): RenderedFile[] {
  const names = distributionNames.filter((name) => strategiesOf(name).length > 0);
  const parts = names.flatMap((name) =>
    strategiesOf(name).map((strategy) =>
      part(
        `${name}-${strategy}.nix`,
        filesOf(name, strategy).find(({ path }) => path === 'subpath-fix.nix'),
        `config.${fix}.active == "${name}-${strategy}"`,
        { unitHint: hint(distributions[name].units) },
      ),
    ),
  );
  const [overlay, wrapper] = filesOf('k0s', 'wrapper');
  const table = names.map(
    (name) =>
      `  ${name} = [ ${strategiesOf(name)
        .map((each) => `"${each}"`)
        .join(' ')} ];`,
  );
  const gateOf = (name: string, wanted: string, more: object): RenderedFile =>
    part(`${name}.nix`, wrapper && { ...wrapper, template: gate }, wanted, {
      ...{
        gate: true,
        gateName: name.replace('gate', 'subpath-fix'),
        variable,
        prefix: distributions.k0s.kubeletPrefix,
      },
      ...more,
    });
  const gateVariable: NixExpression = { expression: `"${variable}=\${forced}"` };
  return [
    ...parts,
    part('overlay.nix', overlay, ''),
    part('wrapper.nix', wrapper, `config.${fix}.wrapper`),
    gateOf('gate', `${gateWanted} && distribution != null`, {
      wrapper: false,
      gatePath: 'path',
      gateVariable,
    }),
    gateOf('gate-wrapper', `${gateWanted} && config.${fix}.wrapper`, {}),
    {
      path: 'default.nix',
      content: [
        '# Made by scripts/module-fixes.ts: do not edit.',
        '# The strategies of each distribution, the preferred one first.',
        ...['{', ...table, '}', ''],
      ].join('\n'),
    },
  ];
}
