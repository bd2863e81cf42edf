#!/usr/bin/env bash
# Builds one libFuzzer program: OutboundKit's layers that need no NIO and the entry functions of Tests/OutboundKitTests/Fuzz
# as one instrumented module, made again only when a source is newer, and one wrapper.
#
#   Tests/Fuzz/build.sh NAME          NAME.swift is the wrapper; the program is build/fuzz/NAME
#   SWIFT_BACKTRACE=enable=no build/fuzz/NAME -max_total_time=30 CORPUS SEEDS...
#
# Without SWIFT_BACKTRACE=enable=no Swift's own crash handler comes first, and no crash file is written.
set -euo pipefail
cd "$(dirname "$0")/../.."
if [ $# -ne 1 ] || [ ! -f "Tests/Fuzz/$1.swift" ]; then
    echo "usage: Tests/Fuzz/build.sh NAME, one of:" >&2
    for wrapper in Tests/Fuzz/[a-z]*.swift; do basename "$wrapper" .swift >&2; done
    exit 64
fi
out=build/fuzz
mkdir -p $out/module
flags=(-parse-as-library -O -g -swift-version 6 -sanitize=fuzzer,address)
for module in CMemory COpenSSL CPcap CZlib CZstd; do flags+=("-ISources/$module"); done

sources=(Tests/OutboundKitTests/Fuzz/*Fuzz.swift)
for folder in Bytes Net Crypto Compression Threads SIP STUN WebSocket KamailioConfig Digest FlowToken Outbound Rulebook Transaction \
    Transcript Edge Capture; do
    [ ! -d "Sources/OutboundKit/$folder" ] || while IFS= read -r file; do sources+=("$file"); done < <(
        find "Sources/OutboundKit/$folder" -name '*.swift' ! -name 'PcapSource*' | sort)
done
# Where a sanitizer finds nothing to look at, and the compiler much to do: the catalogue's tables.
for file in "${!sources[@]}"; do
    case ${sources[file]} in
        */Rulebook/*/* | */Rulebook/*Table.swift | */Rulebook/Explanation*.swift | */Rulebook/RulebookSearch.swift | \
            */Rulebook/Coverage*.swift) unset "sources[file]" ;;
    esac
done
# Also when a file has gone: the list is kept beside the module.
printf '%s\n' "${sources[@]}" >$out/module/sources.new
if ! cmp -s $out/module/sources.new $out/module/sources ||
    [ -n "$(find "${sources[@]}" -newer $out/module/sources -print -quit)" ]
then
    # On several threads a file is an object of its own, which goes to the present folder.
    rm -rf $out/module/objects
    mkdir -p $out/module/objects
    (
        root=$PWD
        cd $out/module/objects
        swiftc "${flags[@]/#-ISources/-I$root/Sources}" -wmo -num-threads "$(nproc)" -enable-testing -module-name FuzzTargets \
            -emit-module -emit-module-path ../FuzzTargets.swiftmodule -c "${sources[@]/#/$root/}"
    )
    cp $out/module/sources.new $out/module/sources
fi

{
    echo '@testable import FuzzTargets'
    cat "Tests/Fuzz/$1.swift"
} >"$out/module/$1.swift"
swiftc "${flags[@]}" -module-name Wrapper -I $out/module "$out/module/$1.swift" \
    $out/module/objects/*.o -lcrypto -lz -lzstd -o "$out/$1"
echo "$out/$1"
