{{- define "groundmesh.image" -}}
{{- $prefix := "" -}}
{{- with .root.Values.image.registry }}{{ $prefix = printf "%s/" (trimSuffix "/" .) }}{{ end -}}
{{- printf "%sgroundmesh/%s:%s" $prefix .program (.root.Values.image.tag | default .root.Chart.AppVersion) -}}
{{- end -}}

{{- define "groundmesh.labels" -}}
app.kubernetes.io/name: {{ .name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/part-of: groundmesh
app.kubernetes.io/version: {{ .root.Chart.AppVersion }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
{{- end -}}

{{- define "groundmesh.excludedNamespaces" -}}
{{- append .Values.excludedNamespaces .Release.Namespace | uniq | join "," -}}
{{- end -}}

{{- define "groundmesh.env" -}}
{{- range $name, $value := . }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end -}}

{{/* Every object but the Pods' own is named in one place, because RBAC, DNS and certificates repeat the names. */}}
{{- define "groundmesh.controller" -}}groundmesh-controller{{- end -}}
{{- define "groundmesh.agent" -}}groundmesh-agent{{- end -}}

{{/* Where pods find the roots, in every namespace: by Istio's name, unless an Istio has it. */}}
{{- define "groundmesh.rootConfigMap" -}}
{{- if .Values.istiodService }}istio-ca-root-cert{{ else }}groundmesh-ca-root-cert{{ end -}}
{{- end -}}
