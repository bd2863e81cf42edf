#!/usr/bin/env bash
# Installs what a fresh Debian machine lacks for one purpose:
#
#     scripts/setup.sh build|test|bench
#
# Does nothing, quickly, when all is there. Without root and without passwordless sudo it prints the one command to type
# and exits 1. Needs dpkg-query and, when something is missing, apt-get.
set -euo pipefail
cd "$(dirname "$0")/.."

purpose=${1:-build}
build_packages=(libssl-dev libpcap-dev libsqlite3-dev zlib1g-dev libzstd-dev pkg-config make)
test_packages=(
    kamailio kamailio-outbound-modules kamailio-websocket-modules kamailio-tls-modules # the servers to test against
    tshark tcpdump mandoc curl openssl python3 python3-venv python3-websockets
    dnsmasq-base coturn iproute2 nftables procps # name servers, and a NAT in namespaces
    baresip-core linphone-cli sip-tester # phones
    gzip zstd wireshark-common xxd bsdextrautils # captures and hex dumps in every form
)
bench_packages=(gcc libc6-dev python3 util-linux binutils valgrind coturn tshark kamailio kamailio-outbound-modules sip-tester)

case $purpose in
    build) wanted=("${build_packages[@]}") ;;
    test) wanted=("${build_packages[@]}" "${test_packages[@]}") ;;
    bench) wanted=("${build_packages[@]}" "${bench_packages[@]}") ;;
    *)
        echo "usage: scripts/setup.sh build|test|bench" >&2
        exit 64
        ;;
esac

if ! command -v swift >/dev/null; then
    echo "setup: no swift in PATH. sipob needs Swift 6.2 or later: https://www.swift.org/install/linux/" >&2
    exit 1
fi

if ! command -v dpkg-query >/dev/null; then
    echo "setup: this is not a Debian system, so nothing was checked or installed. Needed for '$purpose'" >&2
    echo "       (Debian's names): ${wanted[*]}" >&2
    exit 0
fi

missing=()
for package in "${wanted[@]}"; do
    status=$(dpkg-query -W -f='${Status}' "$package" 2>/dev/null || true)
    [ "$status" = "install ok installed" ] || missing+=("$package")
done

# pjsua comes from PyPI only. It is one phone of several: without it its test is skipped, and says so.
python_phones() {
    [ "$purpose" = test ] && ! [ -e build/phones/ready ] && command -v python3 >/dev/null || return 0
    mkdir -p build
    if python3 -m venv build/phones >build/phones.log 2>&1 &&
        build/phones/bin/pip install --quiet --disable-pip-version-check pjsua2-python >>build/phones.log 2>&1
    then
        touch build/phones/ready
    else
        rm -rf build/phones
        echo "setup: pjsua2-python could not be installed from PyPI (build/phones.log); its test will be skipped" >&2
    fi
}
if [ ${#missing[@]} -eq 0 ]; then
    python_phones
    exit 0
fi

if [ "$(id -u)" -eq 0 ]; then
    as_root=(env)
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    as_root=(sudo -n env)
else
    echo "setup: missing for '$purpose': ${missing[*]}. Type this as a user who may, then try again:" >&2
    echo "    sudo sh -c 'apt-get update && apt-get install --yes --no-install-recommends ${missing[*]}'" >&2
    exit 1
fi

echo "setup: installing ${missing[*]}" >&2
# A policy of 101 keeps the packages from starting their services: a machine that only tests has no use for a SIP or
# TURN server that listens on all its addresses.
policy=/usr/sbin/policy-rc.d
placed_policy=false
remove_policy() {
    if $placed_policy; then "${as_root[@]}" rm -f "$policy"; fi
}
trap remove_policy EXIT
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
    placed_policy=true
    "${as_root[@]}" chmod 755 "$policy"
fi

apt=(apt-get -o Acquire::Retries=3 -o DPkg::Lock::Timeout=120 -o Dpkg::Use-Pty=0 -qq)
"${as_root[@]}" "${apt[@]}" update >&2 || echo "setup: apt-get update failed; going on with the lists at hand" >&2
if ! "${as_root[@]}" DEBIAN_FRONTEND=noninteractive "${apt[@]}" install --yes --no-install-recommends "${missing[@]}" >&2
then
    echo "setup: apt-get could not install ${missing[*]}" >&2
    exit 1
fi
python_phones
