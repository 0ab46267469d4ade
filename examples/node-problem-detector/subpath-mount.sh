#!/bin/sh
# A custom plugin of node-problem-detector: exit 0 for no problem, 1 for a problem, anything else for unknown, which are the
# codes of subpathfix check too; and one line of at most 80 characters, where check says more. The program is beside this file.
node "$(dirname "$0")/subpathfix/main.cjs" check --quiet >/dev/null
answer=$?
case $answer in
  0) echo 'kubelet can mount subPath volumes' ;;
  1) echo 'kubelet cannot mount subPath volumes: run subpathfix check on this node' ;;
  *) echo "it cannot be determined (exit code $answer): run subpathfix check on this node" ;;
esac
exit $answer
