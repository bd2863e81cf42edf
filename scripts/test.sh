#!/usr/bin/env bash
# Runs the tests that were built, one target after the other: the library's keep every core busy, and beside them the
# program's, which wait for other programs and for the clock, would be late without any fault of theirs.
set -euo pipefail
cd "$(dirname "$0")/.."

mkdir -p build
# How many tests are under way at a time. Without a bound all start at once, and a test that waits for a program gets its
# turn too late to see what it waits for.
export SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=${SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH:-8}
# Suites of the program's tests that keep both cores busy for minutes; the others would be late beside them.
heavy='(DetectionTests|SuiteKamailioTests|LoadTests|EdgeLoadTests|PhoneTests|LiveTests|WholeWayTests)'
# Suites whose server runs in the test's own process, and shares its threads with whatever is tested beside it; and one that
# asks how soon the program ends.
inside='(HTTPStatusServerTests|StatusPagesTests|PingDeadlineTests)'
# Suites that start one Kamailio after the other: short, and apart from the long ones, which have a limit of time.
starts='(ConfigAgainstKamailioTests|ConfigPreprocessorTests|BrokenPromiseTests)'
# Suites that read without end until they are interrupted: whoever waited for the clock beside them would be late.
endless='(InterruptedReadingTests)'

status=0
run() { # NAME OPTIONS…
    local name=$1
    "${SWIFT:-swift}" test --skip-build --disable-xctest "${@:2}" 2>&1 | tee "build/$name.log" || return 1
    # A filter that matches nothing would pass.
    if ! grep -qaE 'Test run with [1-9][0-9]* tests' "build/$name.log"; then
        echo "test: no test of $name was run" >&2
        return 1
    fi
}
# Tests of the program live by the clock, and so does the program: a machine that stands still for seconds can make one
# fail. Up to three suites that failed run once more, by themselves, and are named; what is broken fails again.
live() { # NAME OPTIONS…
    run "$@" && return
    local failed
    failed=$(sed -nE 's/^✘ Suite (.+) failed after.*/\1/p' "build/$1.log" | sort -u | paste -sd '|')
    # Without its last line the run itself broke off.
    grep -qaE '^✘ Test run with [1-9][0-9]* tests' "build/$1.log" && [[ -n $failed && $failed != *'|'*'|'*'|'* ]] || return 1
    echo "test: failed, and run once more: ${failed//|/, }" >&2
    run "$1Again" --filter "^sipobTests\.($failed)/"
}
run OutboundKitTests --filter '^OutboundKitTests\.' || status=1
live sipobTests --filter '^sipobTests\.' --skip "^sipobTests\.$heavy/" --skip "^sipobTests\.$inside/" \
    --skip "^sipobTests\.$starts/" --skip "^sipobTests\.$endless/" || status=1
live serverTests --filter "^sipobTests\.$inside/" || status=1
live endlessTests --filter "^sipobTests\.$endless/" || status=1
live startTests --filter "^sipobTests\.$starts/" || status=1
live heavyTests --filter "^sipobTests\.$heavy/" || status=1
exit $status
