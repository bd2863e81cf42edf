#!/usr/bin/env bash
# Builds sipob for release and the yardsticks, makes the inputs in bench/out, and prints sipob's figures beside its marks:
#
#     bench/run.sh [start|token|stun|audit|edge|register]...
#
# The captures have the size that performance is measured at (1 and 2 GB, and half an hour of tshark) with FULL=1,
# a fifth of it otherwise, about ten minutes altogether; BENCH_AGENTS sets another size, in phones.
set -euo pipefail
cd "$(dirname "$0")/.."

# SIPOB=FILE measures that binary instead of building one.
if [ -z "${SIPOB:-}" ]; then
    swift=${SWIFT:-swift}
    read -ra release < <(scripts/release-flags.sh)
    "$swift" build "${release[@]}"
    SIPOB=$("$swift" build "${release[@]}" --show-bin-path)/sipob
fi

cc=$(command -v cc || command -v gcc || command -v clang)
out=bench/out
mkdir -p "$out"
yardstick() { # NAME LIBRARIES…
    local name=$1
    shift
    [ "$out/$name" -nt "bench/$name.c" ] || "$cc" -O2 -Wno-deprecated-declarations -o "$out/$name" "bench/$name.c" "$@"
}
yardstick make_capture
yardstick audit_limit
yardstick pcap_count -lpcap
yardstick token_limit -lcrypto
yardstick stun_limit
yardstick reg_limit
yardstick hold_limit

if [ -n "${FULL:-}" ]; then agents=42000 sig_seed=1 mix_seed=2; else agents=${BENCH_AGENTS:-8400} sig_seed=11 mix_seed=12; fi
capture() { # NAME AGENTS SEED OPTIONS…
    local file=$out/$1-$2.pcap
    [ -s "$file" ] || {
        "$out/make_capture" --out "$file.part" --truth "$out/$1-$2.json" --agents "$2" --hours 1 --seed "$3" "${@:4}"
        mv "$file.part" "$file"
    }
    echo "${file##*/}"
}
case " $* " in
    *" audit "* | "  ")
        BENCH_SIG=$(capture sig "$agents" "$sig_seed" | tail -n 1)
        BENCH_MIX=$(capture mix $((agents * 43 / 210)) "$mix_seed" --rtp-fraction 0.9 | tail -n 1)
        export BENCH_SIG BENCH_MIX
        ;;
esac

exec python3 bench/marks.py "$SIPOB" "$@"
