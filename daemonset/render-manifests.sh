#!/usr/bin/env bash
# Renders the chart with its default values into manifests/, for kubectl apply and for groundctl.
# Usage: daemonset/render-manifests.sh [folder to write to]; needs helm, or a command in HELM that does the same.
set -euo pipefail

home=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)
into=${1:-$home/manifests}
chart=$home/src/main/helm/groundmesh
namespace=istio-system
read -ra helm <<<"${HELM:-helm}"

mkdir -p "$into"
{
  printf -- '---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: %s\n' "$namespace"
  "${helm[@]}" template groundmesh "$chart" --namespace "$namespace" --kube-version 1.30.0 --no-hooks |
    sed 's|^\( *app.kubernetes.io/managed-by:\) Helm$|\1 manifests|'
} >"$into/groundmesh.yaml"
cat "$chart"/crds/*.yaml >"$into/crds.yaml"
