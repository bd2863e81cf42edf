#!/bin/bash
# Builds one libFuzzer binary: layers 0 to 2 of OutboundKit, the entry functions (Tests/OutboundKitTests/Fuzz) and one wrapper.
#
#   Tests/Fuzz/build.sh NAME          NAME.swift is the wrapper; the binary is build/fuzz/NAME
#   SWIFT_BACKTRACE=enable=no build/fuzz/NAME -max_total_time=30 CORPUS SEEDS...
#
# Without SWIFT_BACKTRACE=enable=no Swift's own crash handler comes first, and no crash file is written.
set -eu
cd "$(dirname "$0")/../.."
if [ $# -ne 1 ] || [ ! -f "Tests/Fuzz/$1.swift" ]; then
    echo "usage: Tests/Fuzz/build.sh NAME, one of:" >&2
    for wrapper in Tests/Fuzz/[a-z]*.swift; do basename "$wrapper" .swift >&2; done
    exit 64
fi
sources=()
for folder in Bytes Net Crypto SIP STUN WebSocket Digest FlowToken Outbound Rulebook; do
    if [ -d "Sources/OutboundKit/$folder" ]; then sources+=("Sources/OutboundKit/$folder"/*.swift); fi
done
mkdir -p build/fuzz
swiftc -parse-as-library -wmo -O -g -swift-version 6 -sanitize=fuzzer,address -I Sources/COpenSSL -lcrypto \
    -module-name Fuzz "${sources[@]}" Tests/OutboundKitTests/Fuzz/*Fuzz.swift "Tests/Fuzz/$1.swift" -o "build/fuzz/$1"
echo "build/fuzz/$1"
