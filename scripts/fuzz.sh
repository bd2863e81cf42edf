#!/usr/bin/env bash
# Builds the libFuzzer targets and runs each for some seconds over its corpus, stopping at the first that fails:
#
#     scripts/fuzz.sh SECONDS
#
# What it finds goes to .build/fuzz/findings. Swift's own crash handler must stay off, or it takes the trap before
# libFuzzer can write the input down.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${1:?usage: scripts/fuzz.sh SECONDS}
programs=.build/fuzz/bin
findings=.build/fuzz/findings

if [ ! -x Tests/Fuzz/build.sh ]; then
    echo "fuzz: no targets in Tests/Fuzz" >&2
    exit 0
fi
mkdir -p "$programs" "$findings"
Tests/Fuzz/build.sh "$programs"

export SWIFT_BACKTRACE=enable=no
for program in "$programs"/*; do
    name=$(basename "$program")
    grown=.build/fuzz/corpus/$name
    mkdir -p "$grown"
    inputs=("$grown")
    [ ! -d "Tests/Fuzz/corpus/$name" ] || inputs+=("Tests/Fuzz/corpus/$name")
    log=.build/fuzz/$name.log
    if "$program" -max_total_time="$seconds" -timeout=5 -rss_limit_mb=1024 -max_len=65536 -print_final_stats=1 \
        -artifact_prefix="$findings/$name-" "${inputs[@]}" >"$log" 2>&1
    then
        echo "fuzz: $name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs in ${seconds} s, no failure"
    else
        tail -n 40 "$log" >&2
        echo "fuzz: $name failed; the input is in $findings, the whole log in $log" >&2
        exit 1
    fi
done
