#!/usr/bin/env bash
# A real Kamailio edge proxy and registrar on loopback ports, for tests:
#
#     rig.sh start DIR [OWNER]   starts both, waits until each answers over UDP and TCP, writes DIR/env:
#                                EDGE_PORT=…, REGISTRAR_PORT=…, EDGE_TLS_PORT=…, REGISTRAR_TLS_PORT=…,
#                                EDGE_PID=…, REGISTRAR_PID=…
#     rig.sh stop DIR            stops the two, and only them
#
# With OWNER, a process id, both are stopped as well when that process ends, however it ends.
# Environment: the variations that the .cfg files list, such as EDGE_NO_STUN=1, FLOW_TIMER=seconds or REGISTRAR_AUTH=md5|sha256;
# EDGE_TLS=DIR, REGISTRAR_TLS=DIR (a TLS port as well, with DIR/cert.pem and DIR/key.pem; else the port is 0), REGISTRAR_TARGET=port (the edge sends to that registrar on 127.0.0.1 instead).
# EDGE_ADDRESS=ADDRESS: the edge listens there too, on the same port.
# DIR keeps the logs, edge.log and registrar.log. Kamailio's processes are children of the one in the .pid file.
set -euo pipefail
home=$(cd "$(dirname "$0")" && pwd)
verb=${1:-}
directory=${2:-}
owner=${3:-}
kamailio=$(PATH=$PATH:/usr/sbin:/usr/local/sbin command -v kamailio) || {
    echo "rig: kamailio is not installed; scripts/setup.sh test installs it" >&2
    exit 2
}

# Whether something is bound to the port, UDP or TCP, on any address.
taken() {
    local hex
    hex=$(printf ':%04X ' "$1")
    cat /proc/net/udp /proc/net/tcp /proc/net/udp6 /proc/net/tcp6 2>/dev/null | awk '{ print $2 " " }' | grep -q "$hex"
}

# Below the kernel's ephemeral range, so that nobody's outgoing socket takes it between the look and the bind.
free_port() {
    local port
    for _ in $(seq 100); do
        port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
        taken $port || { echo $port; return; }
    done
    echo "rig: no free port between 20000 and 32000" >&2
    return 1
}

options_request() { # TRANSPORT PORT
    printf 'OPTIONS sip:127.0.0.1:%s SIP/2.0\r\nVia: SIP/2.0/%s 127.0.0.1:9;rport;branch=z9hG4bK-%s-%s\r\n' \
        "$2" "$1" "$RANDOM" "$RANDOM"
    printf 'From: <sip:rig@127.0.0.1>;tag=%s\r\nTo: <sip:127.0.0.1>\r\nCall-ID: %s-%s@rig\r\n' $RANDOM $RANDOM $RANDOM
    printf 'CSeq: 1 OPTIONS\r\nMax-Forwards: 10\r\nContent-Length: 0\r\n\r\n'
}

answers() { # PORT
    local udp tcp
    udp=$( (exec 3<>"/dev/udp/127.0.0.1/$1"
        options_request UDP "$1" | dd bs=4096 iflag=fullblock status=none >&3
        timeout 1 dd bs=65536 count=1 status=none <&3) 2>/dev/null | head -n 1) || true
    tcp=$( (exec 3<>"/dev/tcp/127.0.0.1/$1"
        options_request TCP "$1" >&3
        timeout 1 dd bs=65536 count=1 status=none <&3) 2>/dev/null | head -n 1) || true
    [[ $udp == SIP/2.0* && $tcp == SIP/2.0* ]]
}

# What -A takes for the variations that stand both in the head of NAME.cfg, one a line, and in the environment.
variations() { # NAME
    local head name
    for head in $(sed -n 's/^#   \([A-Z0-9_]\{1,\}=\{0,1\}\).*/\1/p' "$home/$1.cfg"); do
        name=${head%=}
        # That one is this script's own affair.
        [ "$name" != WITH_TLS ] && [ -n "${!name:-}" ] || continue
        if [ "$head" = "$name" ]; then echo "$name"; else echo "$head${!name}"; fi
    done
}

# A zombie that nobody has collected yet is not alive.
alive() {
    local state
    state=$(sed 's/.*) \(.\).*/\1/' "/proc/${1:-none}/stat" 2>/dev/null) && [ -n "$state" ] && [ "$state" != Z ]
}

# Ends one Kamailio: its main process takes the workers along; should it be stuck, main and workers are killed.
end() { # NAME
    local file=$directory/$1.pid pid
    [ -f "$file" ] || return 0
    pid=$(cat "$file")
    if alive "$pid" && [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = kamailio ]; then
        kill -CONT "$pid" 2>/dev/null || true
        kill -TERM "$pid" 2>/dev/null || true
        for _ in $(seq 100); do
            alive "$pid" || break
            sleep 0.05
        done
        if alive "$pid"; then
            # shellcheck disable=SC2046
            kill -KILL "$pid" $(cat "/proc/$pid/task/$pid/children" 2>/dev/null) 2>/dev/null || true
        fi
    fi
    rm -f "$file"
}

launch() { # NAME PORT [-A DEFINE]…
    local name=$1 port=$2
    shift 2
    if [ "$name" = edge ] && [ -n "${EDGE_ADDRESS:-}" ]; then
        set -- "$@" -l "udp:$EDGE_ADDRESS:$port" -l "tcp:$EDGE_ADDRESS:$port"
    fi
    setsid "$kamailio" -f "$home/$name.cfg" -DD -E -m 64 -M 8 -w "$directory" -Y "$directory" -P "$directory/$name.main" \
        -l "udp:127.0.0.1:$port" -l "tcp:127.0.0.1:$port" "$@" </dev/null >"$directory/$name.log" 2>&1 &
    echo $! >"$directory/$name.pid"
    for _ in $(seq 100); do
        alive "$(cat "$directory/$name.pid")" || return 1
        answers "$port" && return 0
        sleep 0.05
    done
    return 1
}

# Every port is looked for anew at each try: someone else may take one of them first; then Kamailio ends at once.
start_one() { # NAME PORT_VARIABLE TLS_FOLDER TLS_PORT_VARIABLE [-A DEFINE]…
    local name=$1 variable=$2 tls=$3 tls_variable=$4 port tls_port=0 tls_defines
    shift 4
    for _ in 1 2 3 4 5; do
        port=$(free_port)
        tls_defines=()
        if [ -n "$tls" ]; then
            tls_port=$(free_port)
            [ "$tls_port" != "$port" ] || continue
            tls_defines=(-l "tls:127.0.0.1:$tls_port" -A WITH_TLS
                -A "TLS_CERT=\"$tls/cert.pem\"" -A "TLS_KEY=\"$tls/key.pem\"")
        fi
        if launch "$name" "$port" "${tls_defines[@]}" "$@"; then
            printf -v "$variable" %s "$port"
            printf -v "$tls_variable" %s "$tls_port"
            return 0
        fi
        end "$name"
    done
    echo "rig: the $name does not come up; the end of its log:" >&2
    tail -n 5 "$directory/$name.log" >&2
    return 1
}

case $verb in
    start)
        [ -n "$directory" ] || { echo "usage: rig.sh start DIR [OWNER]" >&2; exit 64; }
        mkdir -p "$directory"
        directory=$(cd "$directory" && pwd)
        started=false
        trap '$started || { end edge; end registrar; }' EXIT
        registrar_defines=()
        edge_defines=()
        for one in $(variations registrar); do registrar_defines+=(-A "$one"); done
        for one in $(variations edge); do edge_defines+=(-A "$one"); done
        [ "${REGISTRAR_AUTH:-}" != sha256 ] || registrar_defines+=(-A REGISTRAR_SHA256)
        start_one registrar REGISTRAR_PORT "${REGISTRAR_TLS:-}" REGISTRAR_TLS_PORT "${registrar_defines[@]}"
        REGISTRAR_PORT=${REGISTRAR_TARGET:-$REGISTRAR_PORT} \
            start_one edge EDGE_PORT "${EDGE_TLS:-}" EDGE_TLS_PORT "${edge_defines[@]}"
        {
            echo "EDGE_PORT=$EDGE_PORT"
            echo "EDGE_TLS_PORT=$EDGE_TLS_PORT"
            echo "REGISTRAR_TLS_PORT=$REGISTRAR_TLS_PORT"
            echo "REGISTRAR_PORT=$REGISTRAR_PORT"
            echo "EDGE_PID=$(cat "$directory/edge.pid")"
            echo "REGISTRAR_PID=$(cat "$directory/registrar.pid")"
        } >"$directory/env"
        started=true
        if [ -n "$owner" ]; then
            (
                while alive "$owner" && [ -f "$directory/edge.pid" ]; do sleep 0.5; done
                end edge
                end registrar
            ) </dev/null >/dev/null 2>&1 &
        fi
        ;;
    stop)
        [ -d "$directory" ] || { echo "usage: rig.sh stop DIR" >&2; exit 64; }
        directory=$(cd "$directory" && pwd)
        end edge
        end registrar
        rm -f "$directory/env"
        ;;
    *)
        echo "usage: rig.sh start DIR [OWNER] | rig.sh stop DIR" >&2
        exit 64
        ;;
esac
