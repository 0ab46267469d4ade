/** What each command is typically called with: shown first in its help, and in the manual. */
import type { CommandName } from '../text/called-as.ts';

interface Example {
  /** what it is for, in a few words */
  text: string;
  /** can be pasted as it stands */
  command: string;
}

/** For somebody who has never seen this program. */
export const firstExamples: readonly Example[] = [
  { text: 'on the node: does it have the defect?', command: 'sudo subpathfix check' },
  { text: 'in a log: is it this?', command: 'subpathfix diagnose kubelet.log' },
  { text: 'write the fix', command: 'subpathfix generate --out fix' },
  { text: 'prove it', command: 'sudo subpathfix verify' },
];

export const examples: Readonly<Record<CommandName, readonly Example[]>> = {
  check: [
    { text: 'the machine that this runs on', command: 'sudo subpathfix check' },
    { text: 'by version', command: 'subpathfix check --channel nixos-25.05 --util-linux 2.41' },
    { text: 'what a flake pins', command: 'subpathfix check --flake-lock .' },
    { text: 'a mounted or copied system', command: 'subpathfix check --node-root /mnt' },
  ],
  status: [
    { text: 'the channels of today', command: 'subpathfix status' },
    { text: 'one of them, without a network', command: 'subpathfix status nixos-25.05 --offline' },
    { text: 'for cron: only what changed', command: 'subpathfix status --since state.json' },
  ],
  generate: [
    { text: 'for the node that this runs on', command: 'sudo subpathfix generate --out fix' },
    {
      text: 'for another system',
      command: 'subpathfix generate --channel nixos-25.05 --util-linux 2.41 --out fix',
    },
    {
      text: 'a workaround that builds nothing',
      command: 'subpathfix generate --channel nixos-25.05 --util-linux 2.41 --strategy env --diff',
    },
  ],
  probe: [
    { text: "kubelet's mount", command: 'sudo subpathfix probe' },
    { text: 'any mount', command: 'sudo subpathfix probe --mount /run/current-system/sw/bin/mount' },
  ],
  diagnose: [
    { text: 'logs and support bundles', command: 'subpathfix diagnose kubelet.log bundle.tar.gz' },
    { text: 'the journal', command: 'sudo subpathfix diagnose --unit k0sworker --since -1h' },
    { text: 'the events of a cluster', command: 'subpathfix diagnose --cluster' },
    { text: 'for a ticket', command: 'subpathfix diagnose kubelet.log --redact --format markdown' },
  ],
  audit: [
    { text: 'a configuration', command: 'subpathfix audit /etc/nixos' },
    { text: 'take out what can go', command: 'subpathfix audit . --diff | patch -p1' },
  ],
  sweep: [
    { text: 'list them', command: 'sudo subpathfix sweep' },
    { text: 'remove them', command: 'sudo subpathfix sweep --apply' },
  ],
  verify: [
    { text: 'after your own nixos-rebuild', command: 'sudo subpathfix verify' },
    {
      text: 'rebuild, and go back if the defect is still there',
      command: 'sudo subpathfix verify --rebuild switch --flake .#node --rollback',
    },
    { text: 'what it would run', command: 'sudo subpathfix verify --dry-run' },
  ],
  completion: [
    { text: 'for bash, in this shell', command: 'source <(subpathfix completion bash)' },
    {
      text: 'for fish, from now on',
      command: 'subpathfix completion fish >~/.config/fish/completions/subpathfix.fish',
    },
  ],
  help: [{ text: 'of one command', command: 'subpathfix help check' }],
};
