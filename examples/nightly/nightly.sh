#!/bin/sh
# Verifies every node, and keeps the answer as metrics in a ConfigMap.
# The exit code is that of verify (0 proven, 4 the defect is there, 3 not proven), or of what failed before or after it.
set -u
metrics=${TMPDIR:-/tmp}/subpathfix.prom

node /opt/subpathfix/main.cjs verify --all-nodes --namespace "$NAMESPACE" --timeout "$TIMEOUT" --verbose \
  --format prometheus >"$metrics"
answer=$?

# A program that could not begin (exit 2) has said nothing. The metrics of the night before stay, and grow old.
test -s "$metrics" || exit "$answer"

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
