#!/usr/bin/env bash
# Makes scripts/profile anew: what release builds know of how often the program's branches are taken. Builds a program that
# counts, and runs it as people run sipob: audits of large and of many kinds of captures, tokens, an edge with its phones.
# Takes half an hour. Worth it after a change of the hot paths, or with a new compiler; a stale profile does no harm, for
# functions that have changed since are passed over.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh bench

swift=${SWIFT:-swift}
work=$PWD/.build/profile
counts=$work/counts
rm -rf "$counts"
mkdir -p "$counts"
resources=$("$swift" -print-target-info | sed -nE 's/.*"runtimeResourcePath": "(.*)".*/\1/p')
build=(-c release --static-swift-stdlib --scratch-path "$work" --product sipob -Xswiftc -Xfrontend -Xswiftc
    "-ir-profile-generate=$counts" -Xlinker -u__llvm_profile_runtime
    -Xlinker "$resources/clang/lib/linux/libclang_rt.profile-$(uname -m).a")
"$swift" build "${build[@]}"
sipob=$("$swift" build "${build[@]}" --show-bin-path)/sipob
# Each run leaves a file of its own.
export LLVM_PROFILE_FILE=$counts/%p.profraw

gcc -O2 -o "$work/make_capture" bench/make_capture.c
capture() { "$work/make_capture" --out "$work/$1" --truth "$work/truth.json" --hours 1 "${@:2}"; }
capture sig.pcap --agents 8400 --seed 101
capture mix.pcap --agents 1700 --seed 102 --rtp-fraction 0.9
capture sig.pcapng --agents 2000 --seed 103 --pcapng
gzip -kf "$work/sig.pcapng"
audit() { "$sipob" pcap-audit "$@" >"$work/report" || [ $? -le 1 ]; }
audit -q "$work/sig.pcap"
audit -q "$work/mix.pcap"
audit --json "$work/sig.pcapng"
audit --jobs 2 "$work/sig.pcapng.gz" "$work/sig.pcapng"
audit -q --max-memory 64M "$work/sig.pcapng"
audit -q --registrations Tests/Fixtures/Captures/*.pcap*
for shared in Tests/Fixtures/Captures/*.pcap*; do audit "$shared"; done

"$sipob" token bench -q
printf '%s\n' 00112233445566778899aabbccddeeff00112233 >"$work/key"
awk 'BEGIN { for (i = 0; i < 300000; i++) printf "%s 198.51.100.%d:5060 10.%d.%d.%d:%d\n", i % 4 ? "udp" : "tcp",
    1 + i % 250, i / 65536, i / 256 % 256, i % 256, 1024 + i * 7919 % 64000 }' >"$work/lines"
for format in rfc5626 kamailio flexisip; do
    "$sipob" token encode --format "$format" --key-hex-file "$work/key" - <"$work/lines" >"$work/tokens"
    "$sipob" token verify --key-hex-file "$work/key" - <"$work/tokens" >"$work/report"
done
"$sipob" edge -q --listen udp:127.0.0.1:25062 --listen tcp:127.0.0.1:25062 &
edge=$!
trap 'kill -INT $edge 2>/dev/null || true' EXIT
sleep 1
for transport in udp tcp; do
    "$sipob" register-test -q 'sip:load*@example.com' --edge "sip:127.0.0.1:25062;transport=$transport" --flows 1000 --hold 30
done
"$sipob" stun-ping -q --flood -w 5 127.0.0.1:25062
for round in 1 2 3 4 5; do "$sipob" stun-ping -q -c 20 -i 0.01 127.0.0.1:25062; done
kill -INT "$edge"
wait "$edge"
trap - EXIT

# This program's own functions; some are named by the path of their object file, which is another one everywhere.
"$(dirname "$(command -v "$swift")")/llvm-profdata" merge -sparse --function='11OutboundKit|5sipob' --no-function=/ \
    -o scripts/profile/sipob.profdata "$counts"/*.profraw
"$swift" --version 2>/dev/null >scripts/profile/compiler
ls -l scripts/profile
