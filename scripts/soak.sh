#!/usr/bin/env bash
# Runs the conformance suite against `sipob edge` on loopback again and again, and says which verdicts ever differ:
#
#     scripts/soak.sh SIPOB [RUNS]     100 runs if not given
#
# Exit status 0 when every run came to the same verdicts, 1 when not, 2 when it could not be run.
set -euo pipefail
sipob=${1:?soak: name the program, as in .build/release/sipob}
runs=${2:-100}
scratch=$(mktemp -d)
edge=
finish() {
    [ -z "$edge" ] || kill "$edge" 2>/dev/null || true
    rm -rf "$scratch"
}
trap finish EXIT

"$sipob" edge --listen tcp:127.0.0.1:0 --listen udp:127.0.0.1:0 --listen ws:127.0.0.1:0 2>"$scratch/edge" >/dev/null &
edge=$!
for _ in $(seq 100); do
    [ "$(grep -c 'listening on' "$scratch/edge")" -ge 3 ] && break
    sleep 0.1
done
port() { sed -n "s/.*listening on $1:127.0.0.1:\([0-9]*\).*/\1/p" "$scratch/edge"; }
[ -n "$(port ws)" ] || {
    echo "soak: the edge did not start: $(cat "$scratch/edge")" >&2
    exit 2
}
export XDG_CONFIG_HOME=$scratch/config

differing=0
shortest=
longest=0
for run in $(seq "$runs"); do
    begun=$(date +%s%N)
    status=0
    "$sipob" register-test sip:alice@example.com --suite --other-user sip:bob@example.com -q \
        --edge "sip:127.0.0.1:$(port tcp);transport=tcp" --edge "sip:127.0.0.1:$(port udp)" \
        --edge "ws://127.0.0.1:$(port ws)/" --make-policy "$scratch/run" >"$scratch/said" 2>&1 || status=$?
    took=$((($(date +%s%N) - begun) / 1000000))
    [ "$status" -le 1 ] || {
        echo "soak: run $run ended with status $status: $(cat "$scratch/said")" >&2
        exit 2
    }
    [ "$took" -le "$longest" ] || longest=$took
    if [ -z "$shortest" ] || [ "$took" -lt "$shortest" ]; then shortest=$took; fi
    if [ "$run" = 1 ]; then
        cp "$scratch/run" "$scratch/first"
    elif ! diff "$scratch/first" "$scratch/run" >"$scratch/diff"; then
        differing=$((differing + 1))
        echo "run $run:"
        sed 's/^/    /' "$scratch/diff"
    fi
done
echo "$runs runs of $(grep -vc '^#' "$scratch/first") cases, $differing with other verdicts than the first; $shortest to $longest ms each"
[ "$differing" = 0 ]
