# shellcheck shell=bash disable=SC2034,SC2153,SC2154 # the parts share variables
# The cluster's certificates: one authority for API server, kubelets and clients, one for the aggregation layer.

make_pki() (
  cd "$PKI" || exit
  authority ca
  authority front-proxy-ca
  openssl genrsa -out sa.key 2048 2>/dev/null
  openssl rsa -in sa.key -pubout -out sa.pub 2>/dev/null
  local kubernetes=DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:kubernetes.default.svc.cluster.local
  certificate apiserver /CN=kube-apiserver ca serverAuth "$kubernetes,IP:$SERVICE_NET.0.1,IP:$API_IP"
  certificate apiserver-kubelet-client /O=system:masters/CN=apiserver-kubelet-client ca clientAuth
  certificate front-proxy-client /CN=front-proxy-client front-proxy-ca clientAuth
  certificate admin /O=system:masters/CN=admin ca clientAuth
  local component node
  for component in kube-controller-manager kube-scheduler kube-proxy; do
    certificate "$component" "/CN=system:$component" ca clientAuth
    kubeconfig_of "$component" >"$component.kubeconfig"
  done
  for node in $(nodes); do
    certificate "kubelet-$node" "/O=system:nodes/CN=system:node:$node" ca clientAuth
    certificate "kubelet-$node-server" "/O=system:nodes/CN=system:node:$node" ca serverAuth "DNS:$node,IP:$(node_ip "$node")"
    kubeconfig_of "kubelet-$node" >"kubelet-$node.kubeconfig"
  done
)

key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1.key" 2>/dev/null; }

authority() {
  key "$1"
  openssl req -x509 -new -key "$1.key" -days 3650 -subj "/CN=$1" -out "$1.crt" \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign,digitalSignature
}

# certificate NAME SUBJECT AUTHORITY USAGE [NAMES]
certificate() {
  key "$1"
  openssl req -new -key "$1.key" -subj "$2" |
    openssl x509 -req -CA "$3.crt" -CAkey "$3.key" -set_serial "0x$(openssl rand -hex 8)" -days 3650 -out "$1.crt" 2>/dev/null \
      -extfile <(printf 'keyUsage=critical,digitalSignature\nextendedKeyUsage=%s\nbasicConstraints=critical,CA:FALSE\n' "$4"
        [ -z "${5:-}" ] || printf 'subjectAltName=%s\n' "$5")
}

# Self-contained, so that a copy works anywhere.
kubeconfig_of() {
  cat <<YAML
apiVersion: v1
kind: Config
current-context: $NAME
contexts:
- name: $NAME
  context: {cluster: $NAME, user: $1}
clusters:
- name: $NAME
  cluster: {server: "https://$API_IP:$API_PORT", certificate-authority-data: $(base64 -w0 "$PKI/ca.crt")}
users:
- name: $1
  user: {client-certificate-data: $(base64 -w0 "$PKI/$1.crt"), client-key-data: $(base64 -w0 "$PKI/$1.key")}
YAML
}
