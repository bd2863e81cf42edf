#!/usr/bin/env bash
# Runs the tests that were built, one target after the other: the library's keep every core busy, and beside them the
# program's, which wait for other programs and for the clock, would be late without any fault of theirs.
set -euo pipefail
cd "$(dirname "$0")/.."

mkdir -p build
# Suites of the program's tests that keep both cores busy for minutes; the others would be late beside them.
heavy='(DetectionTests|SuiteKamailioTests|LoadTests|EdgeLoadTests|PhoneTests|LiveTests|WholeWayTests)'
# Suites whose server runs in the test's own process, and shares its threads with whatever is tested beside it.
inside='(HTTPStatusServerTests|StatusPagesTests)'
# Suites that start one Kamailio after the other: short, and apart from the long ones, which have a limit of time.
starts='(ConfigAgainstKamailioTests|ConfigPreprocessorTests|BrokenPromiseTests)'

status=0
run() { # NAME OPTIONS…
    local name=$1
    "${SWIFT:-swift}" test --skip-build --disable-xctest "${@:2}" 2>&1 | tee "build/$name.log" || status=1
    # A filter that matches nothing would pass.
    if ! grep -qaE 'Test run with [1-9][0-9]* tests' "build/$name.log"; then
        echo "test: no test of $name was run" >&2
        status=1
    fi
}
run OutboundKitTests --filter '^OutboundKitTests\.'
run sipobTests --filter '^sipobTests\.' --skip "^sipobTests\.$heavy/" --skip "^sipobTests\.$inside/" \
    --skip "^sipobTests\.$starts/"
run serverTests --filter "^sipobTests\.$inside/"
run startTests --filter "^sipobTests\.$starts/"
run heavyTests --filter "^sipobTests\.$heavy/"
exit $status
