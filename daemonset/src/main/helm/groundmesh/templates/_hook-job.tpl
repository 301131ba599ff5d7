{{/*
A Job of a Helm hook, which runs one of the controller's commands with the account of its name.
name: the Job's; command: the controller's; labels and hook: as on the account.
*/}}
{{- define "groundmesh.hookJob" -}}
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ .name }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- .labels | nindent 4 }}
  annotations:
    {{- toYaml .hook | nindent 4 }}
    helm.sh/hook-weight: "1"
spec:
  backoffLimit: 1
  template:
    metadata:
      labels:
        {{- .labels | nindent 8 }}
        istio.io/dataplane-mode: none
        sidecar.istio.io/inject: "false"
    spec:
      serviceAccountName: {{ .name }}
      restartPolicy: Never
      {{- with .root.Values.image.pullSecrets }}
      imagePullSecrets:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      nodeSelector:
        {{- toYaml .root.Values.controller.nodeSelector | nindent 8 }}
      {{- with .root.Values.controller.tolerations }}
      tolerations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      securityContext:
        runAsNonRoot: true
        runAsUser: 65532
        seccompProfile:
          type: RuntimeDefault
      containers:
        - name: {{ .command }}
          image: {{ include "groundmesh.image" (dict "root" .root "program" "controller") }}
          imagePullPolicy: {{ .root.Values.image.pullPolicy }}
          args: [dev.groundmesh.controller.Controller, {{ .command }}]
          env:
            - name: POD_NAMESPACE
              valueFrom:
                fieldRef:
                  fieldPath: metadata.namespace
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities:
              drop:
                - ALL
          resources:
            {{- toYaml .root.Values.controller.resources | nindent 12 }}
{{- end -}}
