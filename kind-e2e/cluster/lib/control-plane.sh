# shellcheck shell=bash disable=SC2034,SC2153,SC2154 # the parts share variables
# etcd, API server, controller manager and scheduler, in the control plane's network namespace.

control_plane_start() {
  etcd_start
  api_start
  # Nodes are found dead soon, since tests wait for it.
  start kube-controller-manager "$BIN/kube-controller-manager" --bind-address=127.0.0.1 --cert-dir="$STATE/run/kube-controller-manager" \
    --{,authentication-,authorization-}kubeconfig="$PKI/kube-controller-manager.kubeconfig" \
    --service-account-private-key-file="$PKI/sa.key" --root-ca-file="$PKI/ca.crt" \
    --cluster-signing-cert-file="$PKI/ca.crt" --cluster-signing-key-file="$PKI/ca.key" --use-service-account-credentials \
    --leader-elect=false --allocate-node-cidrs=false --cluster-cidr="$POD_CIDR,$POD_CIDR6" --service-cluster-ip-range="$SERVICE_CIDR,$SERVICE_CIDR6" \
    --node-monitor-period=2s --node-monitor-grace-period=16s
  start kube-scheduler "$BIN/kube-scheduler" --bind-address=127.0.0.1 --cert-dir="$STATE/run/kube-scheduler" \
    --{,authentication-,authorization-}kubeconfig="$PKI/kube-scheduler.kubeconfig" --leader-elect=false
}

etcd_start() {
  mkdir -m 700 "$STATE/etcd"
  # A test cluster does not outlive its machine: no fsync.
  start etcd etcd --name "$NAME" --data-dir "$STATE/etcd" --unsafe-no-fsync \
    --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 \
    --listen-peer-urls http://127.0.0.1:2380 --initial-advertise-peer-urls http://127.0.0.1:2380 --initial-cluster "$NAME=http://127.0.0.1:2380"
}

# Pods leave a lost node after seconds, not the usual five minutes.
api_start() {
  start kube-apiserver "$BIN/kube-apiserver" --bind-address="$API_IP" --advertise-address="$API_IP" --secure-port="$API_PORT" \
    --etcd-servers=http://127.0.0.1:2379 --service-cluster-ip-range="$SERVICE_CIDR,$SERVICE_CIDR6" --allow-privileged=true \
    --tls-cert-file="$PKI/apiserver.crt" --tls-private-key-file="$PKI/apiserver.key" --client-ca-file="$PKI/ca.crt" \
    --kubelet-client-certificate="$PKI/apiserver-kubelet-client.crt" --kubelet-client-key="$PKI/apiserver-kubelet-client.key" \
    --kubelet-certificate-authority="$PKI/ca.crt" --kubelet-preferred-address-types=InternalIP \
    --service-account-issuer=https://kubernetes.default.svc.cluster.local \
    --service-account-key-file="$PKI/sa.pub" --service-account-signing-key-file="$PKI/sa.key" \
    --requestheader-client-ca-file="$PKI/front-proxy-ca.crt" --requestheader-allowed-names=front-proxy-client \
    --requestheader-extra-headers-prefix=X-Remote-Extra- --requestheader-group-headers=X-Remote-Group --requestheader-username-headers=X-Remote-User \
    --proxy-client-cert-file="$PKI/front-proxy-client.crt" --proxy-client-key-file="$PKI/front-proxy-client.key" --enable-aggregator-routing=true \
    --authorization-mode=Node,RBAC --enable-admission-plugins=NodeRestriction \
    --default-not-ready-toleration-seconds=5 --default-unreachable-toleration-seconds=5
  await 120 "the API server" api_ready
}

api_stop() { stop kube-apiserver; }

api_ready() {
  curl -sf -m 2 --cacert "$PKI/ca.crt" --cert "$PKI/admin.crt" --key "$PKI/admin.key" "https://$API_IP:$API_PORT/readyz" >/dev/null 2>&1
}

control_plane_stop() {
  local component
  for component in kube-scheduler kube-controller-manager kube-apiserver etcd; do stop "$component"; done
}

# start NAME COMMAND...: in the background, in a session of its own, so that it outlives its caller and holds no terminal.
start() {
  local name=$1
  shift
  setsid nsenter --net="/run/netns/$NAME-cp" "$@" >>"$STATE/log/$name.log" 2>&1 </dev/null &
  echo $! >"$STATE/run/$name.pid"
}

stop() {
  local name=$1 file=$STATE/run/$1.pid pid
  [ -f "$file" ] || return 0
  pid=$(<"$file")
  rm -f "$file"
  # After a restart of the machine the number may be another program's.
  [[ $(readlink "/proc/$pid/exe") == */"$name" ]] || return 0
  kill -KILL "$pid"
  await 10 "the end of $name" test ! -e "/proc/$pid"
}
