/**
 * A far side that has nothing, and costs nothing: what many machines do, each on processors of its own, is not done by
 * those of the test. It answers each batch of the agent's lines as if all were missing.
 */
export const bare = `#!/bin/sh
read -r first
m=\${first#m=} m=\${m%% *} n=0
printf '\\n%s H\\n0\\n4242\\n/usr/bin\\nnode\\n%s\\n\\n\\n%s .\\n' "$m" "$(date +%s)" "$m"
printf '\\n%s S\\n41ed 0 1 1 0 1 /\\n\\n%s .\\n%s N\\n/\\n\\n%s .\\n' "$m" "$m" "$m" "$m"
printf '\\n%s P\\n\\n%s .\\n\\n%s X\\n\\n%s .\\n' "$m" "$m" "$m" "$m"
while read -r line; do
  case $line in *'n%s E '*) n=$((n + 1)) && printf '\\n%s E %s\\n' "$m" "$n" ;; esac
done
`;
