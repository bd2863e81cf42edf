#!/usr/bin/env bash
# Prints the options of `swift build` for what ships: `make release`, `make install` and `make bench` build the same.
set -euo pipefail
cd "$(dirname "$0")/.."

flags=(-c release --static-swift-stdlib -Xlinker -s -Xlinker --no-export-dynamic -Xlinker --icf=safe --product sipob)
# Relocations in a tenth of their room, which is memory of every run. The C library reads them from 2.36 on.
libc=$(getconf GNU_LIBC_VERSION 2>/dev/null || true)
if [[ $libc == 'glibc '* && $(printf '%s\n' 2.36 "${libc#glibc }" | sort -V | head -1) == 2.36 ]]; then
    flags+=(-Xswiftc -use-ld=lld -Xlinker -z -Xlinker pack-relative-relocs -Xlinker -z -Xlinker keep-text-section-prefix)
fi
# Which branches are taken, and which calls are frequent: an audit takes a sixth less. Only the compiler that made the
# profile (scripts/profile.sh) is sure to read it; any other does without.
if [[ $("${SWIFT:-swift}" --version 2>/dev/null) == "$(cat scripts/profile/compiler)" ]]; then
    flags+=(-Xswiftc -Xfrontend -Xswiftc -ir-profile-use=scripts/profile/sipob.profdata)
fi
echo "${flags[*]}"
