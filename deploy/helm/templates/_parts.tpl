{{- /* What every object and every process has in common. */ -}}

{{- define "groundswell.labels" -}}
app.kubernetes.io/name: groundswell
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "groundswell.image" -}}
{{- $repository := required "image.repository is empty: name where the image of deploy/container lies." .Values.image.repository -}}
{{- if .Values.image.digest -}}
{{ $repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ $repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end }}

{{- define "groundswell.settings" -}}
{{- $settings := required "settings is empty: give the whole of groundswell.toml (helm install --set-file settings=groundswell.toml)." .Values.settings -}}
{{- if contains "CHANGE-ME" $settings -}}
{{- fail "settings still holds a placeholder: put the real value where CHANGE-ME stands." -}}
{{- end -}}
{{- if regexMatch "(?m)^\\s*\\[backup\\]" $settings -}}
{{- fail "settings have a section [backup], for which no process here has a folder: back both databases up where they are." -}}
{{- end -}}
{{- $settings -}}
{{- end }}

{{- /* The platforms that settings enable, by commas. */ -}}
{{- define "groundswell.enabled" -}}
{{- $found := list -}}
{{- range list "discord" "matrix" "slack" -}}
{{- if regexMatch (printf "(?m)^\\s*\\[%s\\]" .) (include "groundswell.settings" $) -}}
{{- $found = append $found . -}}
{{- end -}}
{{- end -}}
{{- if not $found -}}
{{- fail "settings enable no platform: add the section [slack], [discord] or [matrix]." -}}
{{- end -}}
{{- join "," $found -}}
{{- end }}

{{- /* Those of them that a process runs. */ -}}
{{- define "groundswell.only" -}}
{{- $found := list -}}
{{- range splitList "," .process.only -}}
{{- if has . $.enabled -}}
{{- $found = append $found . -}}
{{- end -}}
{{- end -}}
{{- join "," $found -}}
{{- end }}

{{- /* Who it runs as, and what it may not: the same for every pod. */ -}}
{{- define "groundswell.pod" -}}
automountServiceAccountToken: false
# Else Kubernetes would set GROUNDSWELL_..._SERVICE_HOST, which names no setting and stops the start.
enableServiceLinks: false
terminationGracePeriodSeconds: 60
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile:
    type: RuntimeDefault
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
initContainers:
  # A Secret's folder is open to its group, and the bot refuses keys that others can read: so they
  # are laid into memory, for it alone.
  - name: keys
    image: {{ include "groundswell.image" . }}
    command:
      - /opt/groundswell/bin/python
      - -I
      - -c
      - |
        import os, pathlib
        os.umask(0o077)
        there = pathlib.Path("/var/lib/groundswell/keys")
        there.mkdir(mode=0o700, exist_ok=True)
        for key in pathlib.Path("/keys").glob("*.key"):
            (there / key.name).write_bytes(key.read_bytes())
    securityContext:
      {{- include "groundswell.confined" . | nindent 6 }}
    resources:
      {{- toYaml .Values.resources | nindent 6 }}
    volumeMounts:
      - name: own
        mountPath: /var/lib/groundswell
      - name: keys
        mountPath: /keys
        readOnly: true
{{- end }}

{{- define "groundswell.confined" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: ["ALL"]
{{- end }}

{{- define "groundswell.environment" -}}
- name: GROUNDSWELL_INSTANCE__DATA_DIR
  value: /var/lib/groundswell/data
- name: GROUNDSWELL_KEYS__DIR
  value: /var/lib/groundswell/keys
- name: GROUNDSWELL_DATABASE__URL_FILE
  value: credentials/database-url
- name: GROUNDSWELL_KEYS__URL_FILE
  value: credentials/key-store-url
- name: GROUNDSWELL_HTTP__HOST
  value: 0.0.0.0
- name: GROUNDSWELL_HTTP__PORT
  value: "8080"
- name: GROUNDSWELL_OPS__HOST
  value: 0.0.0.0
- name: GROUNDSWELL_OPS__PORT
  value: "8081"
{{- if .Values.overwriteFreedMemory }}
- name: PYTHONMALLOC
  value: malloc
- name: GLIBC_TUNABLES
  value: glibc.malloc.perturb=165:glibc.malloc.tcache_count=0
{{- end }}
{{- end }}

{{- define "groundswell.mounts" -}}
- name: settings
  mountPath: /etc/groundswell/groundswell.toml
  subPath: groundswell.toml
  readOnly: true
- name: credentials
  mountPath: /etc/groundswell/credentials
  readOnly: true
- name: own
  mountPath: /var/lib/groundswell
- name: scratch
  mountPath: /tmp
{{- end }}

{{- /* Given the name of the ConfigMap. */ -}}
{{- define "groundswell.volumes" -}}
- name: settings
  configMap:
    name: {{ .settings }}
- name: credentials
  secret:
    secretName: {{ required "secrets.credentials is empty: name the Secret with the tokens and both addresses." .root.Values.secrets.credentials }}
    defaultMode: 0440
- name: keys
  secret:
    secretName: {{ required "secrets.keys is empty: name the Secret with the three key files." .root.Values.secrets.keys }}
    defaultMode: 0440
- name: own
  emptyDir:
    medium: Memory
    sizeLimit: 16Mi
- name: scratch
  emptyDir:
    medium: Memory
    sizeLimit: 64Mi
{{- end }}
