/** Completions for fish. */
import type { Typed, TypedOption, Value } from './model.ts';

const quoted = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;

/** The arguments of complete for a value: -x takes nothing else, -r -F a file. */
function completes(value: Value): string {
  switch (value.kind) {
    case 'words':
      return `-x -a ${quoted(value.words.join(' '))}`;
    case 'files':
      return '-r -F';
    case 'anything':
      return '-x';
    default:
      return `-x -a '(__subpathfix_${value.kind})'`;
  }
}

const option = ({ flags, description, value }: TypedOption): string =>
  [
    ...flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`)),
    ...(value ? [completes(value)] : []),
    `-d ${quoted(description)}`,
  ].join(' ');

/** A script for ~/.config/fish/completions. */
export function fish({ options, commands }: Typed): string {
  const byCommand = commands.flatMap(({ name, summary, options: own, argument }) => {
    const within = `complete -c subpathfix -n '__fish_seen_subcommand_from ${name}'`;
    return [
      '',
      `complete -c subpathfix -n __fish_use_subcommand -a ${name} -d ${quoted(summary)}`,
      ...(argument
        ? [`${within} ${argument.kind === 'files' ? '-F' : completes(argument).replace('-x ', '')}`]
        : []),
      ...own.map((each) => `${within} ${option(each)}`),
    ];
  });
  return `# fish completion for subpathfix; from: subpathfix completion fish

function __subpathfix_units
    systemctl list-units --type=service --all --plain --no-legend --no-pager 2>/dev/null </dev/null | string replace -rf '^(\\S*)\\.service .*' '$1'
end

function __subpathfix_nodes
    kubectl --request-timeout=2s get nodes -o name 2>/dev/null </dev/null | string replace -f node/ ''
end

function __subpathfix_directories
    __fish_complete_directories (commandline -ct)
end

complete -c subpathfix -f
${options.map((each) => `complete -c subpathfix -n __fish_use_subcommand ${option(each)}`).join('\n')}
${byCommand.join('\n')}
`;
}
