#!/usr/bin/env bash
# A real baresip with outbound, registered through one or two edge proxies on loopback:
#
#     baresip.sh DIR AOR TRANSPORT SECONDS PORT [PORT2] [-e COMMAND]... [-p ACCOUNT_PARAMETER]...
#
# Runs in the foreground for SECONDS, then unregisters and ends. DIR keeps its configuration (and with it its instance-id) and its
# log. PHONE_ADDRESS and EDGE_ADDRESS in the environment are used instead of 127.0.0.1. COMMANDs are baresip's own, such as "/dial sip:bob@example.com"; ACCOUNT_PARAMETERs such as answermode=auto.
set -euo pipefail
directory=$1 aor=$2 transport=$3 seconds=$4 port=$5
shift 5
second=
if [ $# -gt 0 ] && [[ $1 != -* ]]; then second=$1; shift; fi
commands=() parameters=
while [ $# -gt 0 ]; do
    case $1 in
        -e) commands+=(-e "$2") ;;
        -p) parameters+=";$2" ;;
        *) echo "baresip.sh: unknown word $1" >&2; exit 64 ;;
    esac
    shift 2
done

# A codec and no sound devices: calls come up, and are silent.
modules=$(dirname "$(find /usr/lib/baresip /usr/lib/*/baresip /usr/local/lib/baresip -name account.so -print -quit 2>/dev/null)")
mkdir -p "$directory"
cat >"$directory/config" <<END
sip_listen ${PHONE_ADDRESS:-127.0.0.1}:0
sip_verify_server no
module_path $modules
module g711.so
module_tmp uuid.so
module_tmp account.so
module_app menu.so
net_interface ${PHONE_ADDRESS:-127.0.0.1}
END
route() { echo "outbound$1=\"sip:${EDGE_ADDRESS:-127.0.0.1}:$2;transport=$transport;lr\""; }
line="<$aor;transport=$transport>;auth_pass=secret;$(route "" "$port");sipnat=outbound;regint=60$parameters"
[ -z "$second" ] || line+=";$(route 2 "$second")"
echo "$line" >"$directory/accounts"
exec timeout -s INT -k 5 "$seconds" baresip -f "$directory" -v "${commands[@]}" </dev/null >"$directory/log" 2>&1
