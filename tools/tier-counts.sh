#!/usr/bin/env bash
# Sums the test reports of the named tiers, prints a line for each, and fails if a tier ran nothing,
# skipped anything or failed. Usage: tools/tier-counts.sh unit netns
set -euo pipefail
cd "$(dirname "$0")/.."

all_passed=0 all_failed=0 bad=0
for tier in "$@"; do
  read -r tests failed skipped < <(
    find . -path "*/target/test-reports/$tier/TEST-*.xml" -print0 |
      xargs -0 -r grep -hoE -m1 '<testsuite [^>]*>' |
      awk '
        function value(name) { return match($0, " " name "=\"[0-9]+\"") ? substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 4) : 0 }
        { tests += value("tests"); failed += value("failures") + value("errors"); skipped += value("skipped") }
        END { printf "%d %d %d\n", tests, failed, skipped }'
  )
  passed=$((tests - failed - skipped))
  printf 'tier %-8s %5d passed, %d failed, %d skipped\n' "$tier" "$passed" "$failed" "$skipped"
  if [ "$tests" = 0 ]; then echo "tier $tier ran no test: that is a failure"; bad=1; fi
  if [ "$skipped" != 0 ]; then echo "tier $tier skipped tests: in this run no test may skip itself"; bad=1; fi
  if [ "$failed" != 0 ]; then bad=1; fi
  all_passed=$((all_passed + passed)) all_failed=$((all_failed + failed))
done
printf '%d passed, %d failed\n' "$all_passed" "$all_failed"
exit $bad
