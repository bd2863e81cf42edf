#!/usr/bin/env bash
# Installs a built sipob under a prefix, with its manual pages, completions and an example capture:
#
#     scripts/install.sh BINARY PREFIX        scripts/install.sh --remove PREFIX
set -euo pipefail
cd "$(dirname "$0")/.."

binary=${1:?usage: scripts/install.sh BINARY|--remove PREFIX}
prefix=${2:?usage: scripts/install.sh BINARY|--remove PREFIX}

bash_completion=$prefix/share/bash-completion/completions/sipob
zsh_completion=$prefix/share/zsh/site-functions/_sipob
fish_completion=$prefix/share/fish/vendor_completions.d/sipob.fish

if [ "$binary" = --remove ]; then
    rm -f "$prefix/bin/sipob" "$bash_completion" "$zsh_completion" "$fish_completion"
    for page in man/*.1; do rm -f "$prefix/share/man/man1/${page#man/}"; done
    rm -rf "$prefix/share/sipob"
    exit 0
fi

install -D -m 755 "$binary" "$prefix/bin/sipob"
for page in man/*.1; do install -D -m 644 "$page" "$prefix/share/man/man1/${page#man/}"; done
for capture in share/*; do install -D -m 644 "$capture" "$prefix/share/sipob/${capture#share/}"; done
completion() { # SHELL FILE
    mkdir -p "$(dirname "$2")"
    "$binary" --generate-completion-script "$1" >"$2"
    chmod 644 "$2"
}
completion bash "$bash_completion"
completion zsh "$zsh_completion"
completion fish "$fish_completion"
echo "installed sipob under $prefix"
