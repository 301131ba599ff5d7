#!/usr/bin/env bash
# Prints the cases of a tier from its test reports, as sentences with their seconds, and below them what
# each failed one said, without the frames of foreign code. Usage: tools/test-table.sh cluster
set -euo pipefail
cd "$(dirname "$0")/.."
tier=$1

# shellcheck disable=SC2016 # the expressions are awk's
find . -path "*/target/test-reports/$tier/TEST-*.xml" -print0 | sort -z | xargs -0 -r awk '
  function attribute(name,  at) {
    at = match($0, " " name "=\"[^\"]*\"")
    return at ? substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 4) : ""
  }
  function sentence(name) {
    sub(/\(.*/, "", name)
    gsub(/[A-Z]/, " &", name)
    name = tolower(name)
    return toupper(substr(name, 1, 1)) substr(name, 2)
  }
  function told() {
    cases[++count] = sprintf("  %-6s %7.1f s  %s", result, seconds, sentence(name))
    of[count] = class
    total[class] += seconds
    all += seconds
    if (!(class in seen)) { seen[class] = 1; order[++classes] = class }
  }
  /<system-(out|err)>/ { output = 1 }
  output { if (/<\/system-(out|err)>/) output = 0; else next }
  /^ *<testcase / {
    name = attribute("name"); class = attribute("classname"); sub(/.*\./, "", class)
    seconds = attribute("time") + 0; result = "passed"; within = 1
    if (/\/>$/) { told(); within = 0 }
    next
  }
  within && /<skipped/ { result = "skipped" }
  within && /<(failure|error)[ >]/ {
    result = "FAILED"
    failing = 1
    failures = failures "\n" class ": " sentence(name) "\n"
    sub(/.*<!\[CDATA\[/, "")
  }
  failing {
    ended = sub(/(\]\]>)?<\/(failure|error)>.*/, "")
    if (!/^[ \t]*at / || /dev\.groundmesh/) failures = failures "  " $0 "\n"
    if (ended) failing = 0
  }
  within && /<\/testcase>/ { told(); within = 0 }
  END {
    for (i = 1; i <= classes; i++) {
      printf "\n%s, %.1f s\n", order[i], total[order[i]]
      for (j = 1; j <= count; j++) if (of[j] == order[i]) print cases[j]
    }
    printf "\n%d cases, %.1f s of them one by one\n", count, all
    if (failures != "") printf "\nWhat failed:\n%s", failures
  }'
