/** Completions for zsh. */
import type { Typed, TypedOption, Value } from './model.ts';

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** Text within a specification of _arguments, where colons and brackets mean something. */
const escaped = (text: string): string => text.replace(/[\\[\]:]/g, '\\$&');

/** The action of _arguments that completes a value. */
function completes(value: Value): string {
  switch (value.kind) {
    case 'words':
      return `(${value.words.map((word) => word.replace(/[^\w.+-]/g, '\\$&')).join(' ')})`;
    case 'files':
      return '_files';
    case 'directories':
      return '_files -/';
    case 'anything':
      return ' ';
    default:
      return `_subpathfix_${value.kind}`;
  }
}

/** One specification for each spelling; with a value, it can be repeated. */
function specifications({ flags, description, value }: TypedOption): string[] {
  return flags.map((flag) => {
    const name = value && flag.startsWith('--') ? `*${flag}=` : flag;
    const excluded = value ? '' : `(${flags.join(' ')})`;
    const action = value ? `:${value.kind}:${completes(value)}` : '';
    return quoted(`${excluded}${value && name === flag ? '*' : ''}${name}[${escaped(description)}]${action}`);
  });
}

const lines = (all: string[]): string => all.map((each) => ` \\\n        ${each}`).join('');

/** A script for a directory of fpath, or to be sourced after compinit. */
export function zsh({ options, commands }: Typed): string {
  const named = commands.map(({ name, summary }) => quoted(`${name}:${escaped(summary)}`));
  const byCommand = commands.map(({ name, options: own, argument }) => {
    const rest = argument ? [quoted(`*:${argument.kind}:${completes(argument)}`)] : [];
    return `    ${name})
      _arguments${lines([...own.flatMap(specifications), ...rest])}
      ;;`;
  });
  return `#compdef subpathfix
# zsh completion for subpathfix; from: subpathfix completion zsh

_subpathfix_units() {
  local -a found
  found=(\${(f)"$(systemctl list-units --type=service --all --plain --no-legend --no-pager 2>/dev/null </dev/null |
    sed -n 's/^\\([^ ]*\\)\\.service .*/\\1/p')"})
  compadd -a found
}

_subpathfix_nodes() {
  local -a found
  found=(\${(f)"$(kubectl --request-timeout=2s get nodes -o name 2>/dev/null </dev/null | sed -n 's,^node/,,p')"})
  compadd -a found
}

_subpathfix_commands() {
  local -a named
  named=(${lines(named)}
  )
  _describe command named
}

_subpathfix() {
  local curcontext=$curcontext state line
  typeset -A opt_args
  _arguments -C${lines(options.flatMap(specifications))} \\
    '1: :_subpathfix_commands' \\
    '*:: :->rest' && return
  case $words[1] in
${byCommand.join('\n')}
  esac
}

if [[ $funcstack[1] == _subpathfix ]]; then
  _subpathfix "$@"
else
  compdef _subpathfix subpathfix
fi
`;
}
