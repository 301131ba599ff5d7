# shellcheck shell=bash disable=SC2034,SC2153,SC2154 # the parts share variables
# What a cluster is made of: Kubernetes, Helm and CoreDNS from Go modules, the rest from Debian packages. Built once;
# a binary is built again only when what it is made from has changed.

# shellcheck source=tools/go.sh
. "$here/../../tools/go.sh"

KUBERNETES=(kube-apiserver kubectl kube-scheduler kube-controller-manager kubelet kube-proxy)

build() {
  local command
  use_go || die "Go 1.21 or later is missing: tools/setup.sh cluster installs or names what is needed"
  for command in containerd ctr runc etcd openssl conntrack iptables nft tcpdump curl "$DEBIAN_CNI/bridge"; do
    command -v "$command" >/dev/null || die "$command is missing: tools/setup.sh cluster installs or names what is needed"
  done
  make_homes
  local version flags package
  version=$(awk '$1 == "k8s.io/kubernetes" { print $2; exit }' "$here/go/kubernetes/go.mod")
  flags="-s -w"
  # A build from a module knows no version of its own; kubectl, kubelet and helm compare theirs with the API server's.
  for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
    flags+=" -X $package.gitVersion=$version -X $package.gitMajor=1 -X $package.gitMinor=$(cut -d. -f2 <<<"$version")"
    flags+=" -X $package.gitTreeState=clean -X $package.gitCommit=module -X $package.buildDate=1970-01-01T00:00:00Z"
  done
  local -i step=0 steps=$((${#KUBERNETES[@]} + 4))
  local program
  for program in "${KUBERNETES[@]}"; do
    go_build kubernetes "$program" "k8s.io/kubernetes/cmd/$program" "$flags"
  done
  go_build kubernetes helm helm.sh/helm/v3/cmd/helm "$flags"
  go_build coredns coredns . "-s -w"
  go_build pause pause . "-s -w"
  go_build ../../testapp testapp . "-s -w"
  local image
  for image in pause coredns testapp; do make_image "$image"; done
}

make_homes() {
  mkdir -p "$BIN" "$IMAGES" || die "GROUNDMESH_CLUSTER_HOME: $GROUNDMESH_CLUSTER_HOME (expected: a folder that can be written to)"
}

# The very versions that the modules name, whatever this machine's settings say of Go.
export CGO_ENABLED=0 GOFLAGS="-buildvcs=false -trimpath" GOTOOLCHAIN=auto GOWORK=off

# go_build MODULE PROGRAM PACKAGE LDFLAGS
go_build() {
  local module=$here/go/$1 program=$2 package=$3 flags=$4 key
  step+=1
  key=$(build_key "$module" "$flags")
  if [ -x "$BIN/$program" ] && [ "$(cat "$BIN/$program.key" 2>/dev/null)" = "$key" ]; then
    return
  fi
  say "building $program $step/$steps"
  rm -f "$BIN/$program.key"
  (cd "$module" && env "${PROXY[@]}" go build -tags=notest,grpcnotrace -ldflags "$flags" -o "$BIN/$program" "$package")
  echo "$key" >"$BIN/$program.key"
}

# Of all that a binary is made from: go.sum pins every module, and flags and compiler count too.
build_key() (
  cd "$1" || exit
  { env "${PROXY[@]}" go version; echo "$2"; find . -type f | sort | xargs sha256sum; } | sha256sum | cut -d' ' -f1
)

# An image that holds one static program: a docker archive made of nothing but it, the same bytes each time.
make_image() {
  local name=$1 out=$IMAGES/$1.tar
  [ "$out" -nt "$BIN/$name" ] && return
  local work layer config
  work=$(mktemp -d)
  mkdir -p "$work/root/tmp" "$work/root/etc" "$work/image"
  cp "$BIN/$name" "$work/root/$name"
  archive "$work/root" "$work/image/layer.tar" .
  layer=$(sha256sum "$work/image/layer.tar" | cut -d' ' -f1)
  printf '{"architecture":"%s","os":"linux","config":{"Entrypoint":["/%s"],"Env":["PATH=/"]},"rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}' \
    "$(go env GOARCH)" "$name" "$layer" >"$work/image/config.json"
  config=$(sha256sum "$work/image/config.json" | cut -d' ' -f1)
  mv "$work/image/config.json" "$work/image/$config.json"
  printf '[{"Config":"%s.json","RepoTags":["groundmesh.local/%s:1"],"Layers":["layer.tar"]}]' "$config" "$name" >"$work/image/manifest.json"
  archive "$work/image" "$out.new" "$config.json" layer.tar manifest.json
  mv "$out.new" "$out"
  rm -rf "$work"
}

archive() {
  local root=$1 out=$2
  shift 2
  tar -C "$root" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --mode=u+rwX,go+rX -cf "$out" "$@"
}
