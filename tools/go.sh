# shellcheck shell=bash
# Which Go builds Kubernetes: from 1.21 on it fetches by itself the very version that a module asks for.

# Puts that Go before all others on the PATH; fails where there is none.
use_go() {
  local go
  for go in "$(type -P go)" /usr/local/go/bin/go; do
    if [[ $("$go" version 2>/dev/null) =~ go1\.([0-9]+) ]] && [ "${BASH_REMATCH[1]}" -ge 21 ]; then
      PATH=$(dirname "$go"):$PATH
      return 0
    fi
  done
  return 1
}
