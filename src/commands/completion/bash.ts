/** Completions for bash, also the 3.2 of macOS; bash-completion is not needed. */
import { shellQuoted } from '../../text/escape.ts';
import type { Typed, TypedCommand, Value } from './model.ts';

const words = (all: readonly string[]): string => shellQuoted({ file: '_subpathfix_words', args: all });

/** The call that completes a value. */
function completes(value: Value): string {
  if (value.kind === 'words') return words(value.words);
  return value.kind === 'anything' ? ':' : `_subpathfix_${value.kind}`;
}

function cases({ name, options }: TypedCommand): string[] {
  return options.flatMap(({ flags, value }) =>
    value === null
      ? []
      : [`    ${flags.map((flag) => `${name},${flag}`).join('|')}) ${completes(value)}; return ;;`],
  );
}

const flagsOf = ({ options }: Pick<TypedCommand, 'options'>): string[] =>
  options.flatMap(({ flags }) => flags);

/** A script to be sourced. What units and nodes are called is never expanded by the shell. */
export function bash({ options, commands }: Typed): string {
  const names = commands.map(({ name }) => name);
  const byCommand = commands.map((command) => {
    const { name, argument } = command;
    return `    ${name},-*) ${words(flagsOf(command))} ;;
    ${name},*) ${argument ? completes(argument) : ':'} ;;`;
  });
  return `# bash completion for subpathfix; from: subpathfix completion bash

# Offers each line of standard input that begins with the current word.
_subpathfix_lines() {
  local line
  while IFS= read -r line; do
    if [[ $line == "$cur"* ]]; then COMPREPLY+=("$(printf '%q' "$line")"); fi
  done
}

_subpathfix_words() { _subpathfix_lines < <(printf '%s\\n' "$@"); }

_subpathfix_paths() {
  local line
  compopt -o filenames 2>/dev/null
  while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen "$1" -- "$cur")
}

_subpathfix_files() { _subpathfix_paths -f; }

_subpathfix_directories() { _subpathfix_paths -d; }

_subpathfix_units() {
  _subpathfix_lines < <(systemctl list-units --type=service --all --plain --no-legend --no-pager 2>/dev/null </dev/null |
    sed -n 's/^\\([^ ]*\\)\\.service .*/\\1/p')
}

_subpathfix_nodes() {
  _subpathfix_lines < <(kubectl --request-timeout=2s get nodes -o name 2>/dev/null </dev/null | sed -n 's,^node/,,p')
}

_subpathfix() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]} command='' word
  COMPREPLY=()
  # --option=value comes as three words.
  if [[ $cur == '=' ]]; then
    cur=''
  elif [[ $prev == '=' ]]; then
    prev=\${COMP_WORDS[COMP_CWORD - 2]}
  fi
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in
    ${names.join('|')}) command=$word; break ;;
    esac
  done
  case $command,$prev in
${commands.flatMap(cases).join('\n')}
  esac
  case $command,$cur in
    ,-*) ${words(flagsOf({ options }))} ;;
    ,*) ${words(names)} ;;
${byCommand.join('\n')}
  esac
}

complete -F _subpathfix subpathfix
`;
}
