/**
 * A far side that has nothing, and costs nothing: what many machines do, each on processors of its own, is not done by
 * those of the test. It answers each batch of the agent's lines with an empty machine.
 */
export const bare = `#!/bin/sh
read -r first
m=\${first#m=} m=\${m%% *} n=0
section() { printf '\\n%s %s\\n%s\\n%s .\\n' "$m" "$1" "$2" "$m"; }
section H "0
4242
/usr/bin
node
$(date +%s)

"
while read -r line; do
  case $line in
    *'n%s E '*)
      section S '41ed 0 1 1 0 1 /'
      section N /
      section P ''
      section X ''
      n=$((n + 1))
      printf '\\n%s E %s\\n' "$m" "$n"
      ;;
  esac
done
`;
