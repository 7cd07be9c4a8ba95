{{- define "llmproxy.name" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{ else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "llmproxy.selector" -}}
app.kubernetes.io/name: llmproxy
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "llmproxy.labels" -}}
{{ include "llmproxy.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "llmproxy.image" -}}
{{- if .Values.image.digest }}{{ .Values.image.repository }}@{{ .Values.image.digest }}{{ else }}{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{ end }}
{{- end }}

{{- /* For the checks and the probes; what is mounted is the text itself. */}}
{{- define "llmproxy.parsed" -}}
{{- if not .Values.config }}
{{- fail "config is empty: write llmproxy.yaml there (ci/sqlite-values.yaml has one to begin with)" }}
{{- end }}
{{- $parsed := fromYaml .Values.config }}
{{- if hasKey $parsed "Error" }}{{ fail (printf "config is no YAML: %s" $parsed.Error) }}{{ end }}
{{- toYaml $parsed }}
{{- end }}

{{- define "llmproxy.isShared" -}}
{{- if eq (dig "storage" "type" "sqlite" (include "llmproxy.parsed" . | fromYaml)) "postgres" }}yes{{ end }}
{{- end }}

{{- define "llmproxy.workload" -}}
{{- if ne .Values.workload "auto" }}{{ .Values.workload }}{{ else if include "llmproxy.isShared" . }}Deployment{{ else }}StatefulSet{{ end }}
{{- end }}

{{- /* The drain, and a little more. */}}
{{- define "llmproxy.grace" -}}
{{- $server := dig "server" (dict) (include "llmproxy.parsed" . | fromYaml) }}
{{- $delay := dig "drainDelay" "0s" $server }}
{{- $limit := dig "drainLimit" "30s" $server }}
{{- if or (not (regexMatch "^[0-9]+s$" $delay)) (not (regexMatch "^[0-9]+s$" $limit)) }}
{{- fail "config: write server.drainDelay and server.drainLimit in seconds, such as 60s: the chart gives pods that time" }}
{{- end }}
{{- if lt (int (trimSuffix "s" $delay)) 5 }}
{{- fail "config: server.drainDelay must be 5s or more: a gateway is asked for its readiness every 2 s, twice" }}
{{- end }}
{{- add (int (trimSuffix "s" $delay)) (int (trimSuffix "s" $limit)) 10 }}
{{- end }}

{{- /* A mistake that would show only when it is too late is refused here. */}}
{{- define "llmproxy.check" -}}
{{- $config := include "llmproxy.parsed" . | fromYaml }}
{{- $isShared := include "llmproxy.isShared" . }}
{{- $isDeployment := eq (include "llmproxy.workload" .) "Deployment" }}
{{- $several := or .Values.autoscaling.enabled (gt (int .Values.replicas) 1) }}
{{- if ne (dig "dataDir" "" $config) "/var/lib/llmproxy" }}{{ fail "config: write dataDir: /var/lib/llmproxy" }}{{ end }}
{{- if ne (dig "server" "listen" "" $config) "0.0.0.0:8080" }}{{ fail "config: write server.listen: 0.0.0.0:8080" }}{{ end }}
{{- if ne (dig "admin" "listen" "" $config) "0.0.0.0:8081" }}{{ fail "config: write admin.listen: 0.0.0.0:8081" }}{{ end }}
{{- if and (not $isShared) $several }}
{{- fail "several gateways need storage of type postgres in config: each SQLite store would be another gateway's stranger" }}
{{- end }}
{{- if and (not $isShared) $isDeployment }}
{{- fail "a Deployment needs storage of type postgres in config: a SQLite store would go with its pod" }}
{{- end }}
{{- if and $isShared (or $several $isDeployment) (not .Values.keys.existingSecret) }}
{{- fail "gateways over PostgreSQL need keys.existingSecret, a secret with `pepper` and `root-key`: see docs/operations/kubernetes.md" }}
{{- end }}
{{- if and $several (not $config.counters) (or $config.limits $config.budgets) }}
{{- fail "several gateways need counters in config: without it each lets the whole of every limit through" }}
{{- end }}
{{- if and $isDeployment (not (dig "audit" "sinks" (list) $config)) (not .Values.acceptLostRecords) }}
{{- fail "a Deployment loses a pod's audit log with the pod: give audit.sinks in config, workload: StatefulSet, or acceptLostRecords: true" }}
{{- end }}
{{- end }}

{{- define "llmproxy.probe" -}}
httpGet:
  path: {{ .path }}
  port: {{ .port }}
  {{- if .tls }}
  scheme: HTTPS
  {{- end }}
  {{- with .hosts }}
  # Other names are not served, also not to probes.
  httpHeaders: [{ name: Host, value: {{ first . | quote }} }]
  {{- end }}
{{- end }}
