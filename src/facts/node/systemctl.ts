/** What a running systemd says about units: systemctl show (systemctl(1)). */
import { type Host, orNull } from '../../host/host.ts';
import { parseAssignments, splitWords } from './unit-syntax.ts';

/** A unit as systemd has loaded it; its files may have changed since. */
export interface LoadedUnit {
  /** without .service */
  name: string;
  /** loaded, masked, not-found and others */
  load: string;
  /** active, activating, inactive, failed and others */
  active: string;
  /** enabled, disabled, static, linked and others; empty for one without a file */
  enabled: string;
  /** its own file, then its drop-ins, in order */
  files: string[];
  /** what Environment= assigns */
  env: Record<string, string>;
  /** with a leading minus for one that may be missing */
  environmentFiles: string[];
  unset: string[];
  /** the program of ExecStart; null if there is none */
  program: string | null;
  /** argv, joined with spaces: which of them belong to a word is lost */
  commandLine: string;
  /** 0 if none runs */
  mainPid: number;
  /** the files were changed after they were loaded */
  needsReload: boolean;
}

const properties = [
  ...['Id', 'LoadState', 'ActiveState', 'UnitFileState', 'FragmentPath', 'DropInPaths', 'Environment'],
  ...['EnvironmentFiles', 'UnsetEnvironment', 'ExecStart', 'MainPID', 'NeedDaemonReload'],
];

const limits = { timeoutMs: 5000, maxBytes: 4_000_000 };

/**
 * Asks for units by name; an alias answers with its unit.
 * @param names without .service
 * @returns null if no systemd runs this machine, or it does not answer
 */
export async function showUnits(
  host: Host,
  names: readonly string[],
): Promise<{ units: LoadedUnit[]; inherited: Record<string, string> } | null> {
  // sd_booted(3): where another init runs, systemctl can be there all the same.
  if (names.length === 0 || (await orNull(host.isDirectory('/run/systemd/system'))) !== true) return null;
  const [shown = null, manager = null] = await Promise.all(
    showArguments(names).map((args) => show(host, args)),
  );
  const units = shown === null ? [] : parseUnits(shown);
  if (units.length === 0 || manager === null) return null;
  // Of the manager itself: what every service gets, from its configuration and systemctl set-environment.
  const inherited = parseAssignments(splitWords(/^Environment=(.*)$/m.exec(manager)?.[1] ?? ''));
  return { units, inherited };
}

/** What systemctl is asked: about units, and about the manager itself. */
export const showArguments = (names: readonly string[]): string[][] => [
  ['show', `--property=${properties.join(',')}`, '--', ...names.map((name) => `${name}.service`)],
  ['show', '--property=Environment'],
];

/** What it gets beside the host's environment. */
export const showEnvironment = { LC_ALL: 'C', SYSTEMD_PAGER: '', SYSTEMD_COLORS: '0' };

async function show(host: Host, args: readonly string[]): Promise<string | null> {
  const env = { ...host.env, ...showEnvironment };
  const command = { file: 'systemctl', args: [...args], env, mutates: false };
  const { exitCode, output } = await host.run(command, limits);
  return exitCode === 0 ? output : null;
}

/** A block of NAME=VALUE lines each, with an empty line in between. */
const parseUnits = (output: string): LoadedUnit[] =>
  output.split('\n\n').flatMap((block) => {
    const found = parseBlock(block);
    return found ? [found] : [];
  });

function parseBlock(block: string): LoadedUnit | null {
  const all = block.split('\n').flatMap((line): [string, string][] => {
    const equals = line.indexOf('=');
    return equals > 0 ? [[line.slice(0, equals), line.slice(equals + 1)]] : [];
  });
  const allOf = (name: string): string[] => all.flatMap(([key, value]) => (key === name ? [value] : []));
  const textOf = (name: string): string => allOf(name)[0] ?? '';
  const id = textOf('Id');
  if (!id.endsWith('.service')) return null;
  const fragment = textOf('FragmentPath');
  // { path=/bin/x ; argv[]=/bin/x a b ; ignore_errors=no ; start_time=... }
  const [, program, commandLine = ''] =
    /^\{ path=(.*?) ; argv\[\]=(.*) ; ignore_errors=(?:yes|no) ; /s.exec(allOf('ExecStart').at(-1) ?? '') ??
    [];
  return {
    name: id.slice(0, -'.service'.length),
    load: textOf('LoadState'),
    active: textOf('ActiveState'),
    enabled: textOf('UnitFileState'),
    files: [...(fragment ? [fragment] : []), ...splitWords(textOf('DropInPaths'))],
    env: parseAssignments(splitWords(textOf('Environment'))),
    environmentFiles: allOf('EnvironmentFiles').flatMap((text) => {
      const [, file, ignored] = /^(.*) \(ignore_errors=(yes|no)\)$/s.exec(text) ?? [];
      return file === undefined ? [] : [ignored === 'yes' ? `-${file}` : file];
    }),
    unset: splitWords(textOf('UnsetEnvironment')),
    program: program ?? null,
    commandLine,
    mainPid: Number(textOf('MainPID')) || 0,
    needsReload: textOf('NeedDaemonReload') === 'yes',
  };
}
