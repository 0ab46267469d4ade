#!/bin/sh
# A custom plugin of node-problem-detector: exit 0 for no problem, 1 for a problem, anything else for unknown, which are the
# codes of subpathfix check too; and one line of at most 80 characters, where check says more. The program is beside this file.
said=$(node "$(dirname "$0")/subpathfix/main.cjs" check)
answer=$?
# Both, because Node itself ends with 1, too, where it cannot run a program.
case "$answer $said" in
  '0 fixed'* | '0 not affected'*)
    echo 'kubelet can mount subPath volumes'
    exit 0
    ;;
  '1 affected'*)
    echo 'kubelet cannot mount subPath volumes: run subpathfix check on this node'
    exit 1
    ;;
  *)
    echo "it cannot be determined (exit code $answer): run subpathfix check on this node"
    exit 3
    ;;
esac
