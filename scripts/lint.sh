#!/usr/bin/env bash
# Everything that can be checked without building: Swift format, shell syntax, manual pages.
set -euo pipefail
cd "$(dirname "$0")/.."

swift format lint --strict --parallel --recursive Sources Tests Package.swift

while IFS= read -r script; do
    bash -n "$script"
done < <(grep -rlE '^#!.*(bash|/sh)$' scripts .ci bench Tests)

# mandoc's `style` messages are about taste in source layout; its warnings and errors are about what a reader sees.
mandoc -T lint -W warning man/*.1
