{{- define "llmproxy.pod" -}}
metadata:
  labels:
    {{- include "llmproxy.selector" . | nindent 4 }}
    {{- with .Values.podLabels }}{{ toYaml . | nindent 4 }}{{ end }}
  {{- if or .Values.podAnnotations .Values.restartOnConfigChange }}
  annotations:
    {{- if .Values.restartOnConfigChange }}
    llmproxy/config: {{ .Values.config | sha256sum }}
    {{- end }}
    {{- with .Values.podAnnotations }}{{ toYaml . | nindent 4 }}{{ end }}
  {{- end }}
spec:
  serviceAccountName: {{ include "llmproxy.name" . }}
  # It asks nothing of Kubernetes.
  automountServiceAccountToken: false
  enableServiceLinks: false
  # The drain, and a little more.
  terminationGracePeriodSeconds: {{ include "llmproxy.grace" . }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 65532
    runAsGroup: 65532
    fsGroup: 65532
    # Always would open the key files to the group at each start, and open key files are refused.
    fsGroupChangePolicy: OnRootMismatch
    seccompProfile: { type: RuntimeDefault }
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  {{- if .Values.keys.existingSecret }}
  initContainers:
    - name: keys
      image: {{ include "llmproxy.image" . }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      command: [/usr/local/bin/node, /opt/llmproxy/bin/lay-keys.cjs, /run/keys, /var/lib/llmproxy]
      securityContext:
        {{- include "llmproxy.confined" . | nindent 8 }}
      resources:
        requests: { cpu: 50m, memory: 64Mi }
        limits: { memory: 128Mi }
      volumeMounts:
        - { name: keys, mountPath: /run/keys, readOnly: true }
        - { name: data, mountPath: /var/lib/llmproxy }
  {{- end }}
  containers:
    - name: gateway
      image: {{ include "llmproxy.image" . }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      args: [serve, --config, /etc/llmproxy/llmproxy.yaml]
      ports:
        - { name: http, containerPort: 8080 }
        - { name: admin, containerPort: 8081 }
      {{- with .Values.envFromSecrets }}
      envFrom:
        {{- range . }}
        - secretRef: { name: {{ . }} }
        {{- end }}
      {{- end }}
      {{- $server := dig "server" (dict) (include "llmproxy.parsed" . | fromYaml) }}
      {{- $data := dict "port" "http" "tls" $server.tls "hosts" $server.hosts }}
      # The first start over an empty PostgreSQL makes its tables.
      startupProbe:
        {{- include "llmproxy.probe" (merge (dict "path" "/livez") $data) | nindent 8 }}
        periodSeconds: 2
        failureThreshold: 60
      livenessProbe:
        {{- include "llmproxy.probe" (merge (dict "path" "/livez") $data) | nindent 8 }}
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 6
      # Twice no in 4 s: less than server.drainDelay.
      readinessProbe:
        {{- include "llmproxy.probe" (merge (dict "path" "/readyz") $data) | nindent 8 }}
        periodSeconds: 2
        timeoutSeconds: 2
        failureThreshold: 2
      securityContext:
        {{- include "llmproxy.confined" . | nindent 8 }}
      resources:
        {{- toYaml .Values.resources | nindent 8 }}
      volumeMounts:
        - { name: config, mountPath: /etc/llmproxy, readOnly: true }
        - { name: data, mountPath: /var/lib/llmproxy }
        - { name: tmp, mountPath: /tmp }
        {{- range .Values.secretMounts }}
        - { name: {{ printf "secret-%s" . | trunc 63 | trimSuffix "-" }}, mountPath: /run/secrets/{{ . }}, readOnly: true }
        {{- end }}
  volumes:
    - name: config
      configMap: { name: {{ include "llmproxy.name" . }} }
    - name: tmp
      emptyDir: { sizeLimit: 64Mi }
    {{- if eq (include "llmproxy.workload" .) "Deployment" }}
    - name: data
      emptyDir: { sizeLimit: {{ .Values.persistence.size }} }
    {{- end }}
    {{- with .Values.keys.existingSecret }}
    - name: keys
      secret: { secretName: {{ . }}, defaultMode: 0440 }
    {{- end }}
    {{- range .Values.secretMounts }}
    - name: {{ printf "secret-%s" . | trunc 63 | trimSuffix "-" }}
      secret: { secretName: {{ . }}, defaultMode: 0440 }
    {{- end }}
  {{- with .Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  # Not all gateways on one machine, where there are several machines.
  topologySpreadConstraints:
    - maxSkew: 1
      topologyKey: kubernetes.io/hostname
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "llmproxy.selector" . | nindent 10 }}
{{- end }}

{{- define "llmproxy.confined" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}
