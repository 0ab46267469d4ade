#!/bin/sh
# Verifies every node, and keeps the answer as metrics in a ConfigMap.
# The exit code is that of verify (0 proven, 4 the defect is there, 3 not proven); 70 where there is no answer to keep, or
# where it cannot be kept.
set -u
metrics=${TMPDIR:-/tmp}/subpathfix.prom

# The shell is the first process of the container, which gets the signals; verify removes its objects when it gets one.
trap 'kill "$verify"' INT TERM
node /opt/subpathfix/main.cjs verify --all-nodes --namespace "$NAMESPACE" --timeout "$TIMEOUT" --verbose \
  --format prometheus >"$metrics" &
verify=$!
wait "$verify"
answer=$?
# A signal ends the wait as well.
while kill -0 "$verify" 2>/dev/null; do
  wait "$verify"
  answer=$?
done

# A program that could not begin has said nothing. The metrics of the night before stay, and grow old.
test -s "$metrics" || exit 70

# Files in a ConfigMap do not have a time of their own: a restart of the exporter would make them look new.
cat >>"$metrics" <<END
# HELP subpathfix_report_timestamp_seconds When verify ended, in seconds since the epoch.
# TYPE subpathfix_report_timestamp_seconds gauge
subpathfix_report_timestamp_seconds{command="verify"} $(date +%s)
END

# A plain PUT: kubectl apply, patch and replace would have to read it first, which takes another right.
kubectl create configmap "$CONFIGMAP" --namespace "$NAMESPACE" --from-file="$metrics" --dry-run=client --output=json |
  kubectl replace --raw "/api/v1/namespaces/$NAMESPACE/configmaps/$CONFIGMAP" --filename=- >/dev/null || exit 70

exit "$answer"
