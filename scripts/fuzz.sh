#!/usr/bin/env bash
# Builds the libFuzzer targets of Tests/Fuzz that are out of date and runs each for some seconds over its seeds, stopping at
# the first that fails:
#
#     scripts/fuzz.sh SECONDS [NAME]...
#
# 0 seconds: they are built, and not run.
# Inputs that reach new code are kept in build/fuzz/corpus, what makes a target fail in build/fuzz/findings. Swift's own
# crash handler must stay off, or it takes the trap before libFuzzer can write the input down.
set -euo pipefail
shopt -s nullglob
cd "$(dirname "$0")/.."

seconds=${1:?usage: scripts/fuzz.sh SECONDS [NAME]...}
shift
names=("$@")
if [ ${#names[@]} -eq 0 ]; then
    for wrapper in Tests/Fuzz/*.swift; do names+=("$(basename "$wrapper" .swift)"); done
fi

out=build/fuzz
mkdir -p $out/findings
if ! echo '@_cdecl("LLVMFuzzerTestOneInput") public func f(_ p: UnsafePointer<UInt8>, _ n: Int) -> CInt { 0 }' |
    swiftc -parse-as-library -sanitize=fuzzer - -o $out/probe >$out/probe.log 2>&1
then
    echo "fuzz: this Swift toolchain has no libFuzzer runtime, nothing was fuzzed ($out/probe.log)" >&2
    exit 0
fi

export SWIFT_BACKTRACE=enable=no
for name in "${names[@]}"; do
    program=$out/$name
    if [ ! -x "$program" ] || [ -n "$(find Sources/OutboundKit Tests/Fuzz Tests/OutboundKitTests/Fuzz -newer "$program" \
        -name '*.swift' -print -quit)" ]
    then
        if ! Tests/Fuzz/build.sh "$name" >"$out/$name.build.log" 2>&1; then
            cat "$out/$name.build.log" >&2
            echo "fuzz: $name does not build" >&2
            exit 1
        fi
    fi
    [ "$seconds" != 0 ] || continue
    mkdir -p "$out/corpus/$name"
    inputs=("$out/corpus/$name")
    [ ! -d "Tests/Fuzz/Corpus/$name" ] || inputs+=("Tests/Fuzz/Corpus/$name")
    if "$program" -max_total_time="$seconds" -timeout=5 -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix="$out/findings/$name-" "${inputs[@]}" >"$out/$name.log" 2>&1
    then
        runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$out/$name.log")
        echo "fuzz: $name: $runs inputs in $seconds s, none fails"
    else
        tail -n 40 "$out/$name.log" >&2
        echo "fuzz: $name fails; the input is in $out/findings, the log is $out/$name.log" >&2
        exit 1
    fi
done
