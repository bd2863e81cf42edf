#!/usr/bin/env bash
# A real linphonec with its default settings, registered through an edge proxy on loopback:
#
#     linphone.sh DIR AOR TRANSPORT SECONDS PORT
#
# Runs in the foreground for SECONDS, then unregisters and ends. DIR keeps its configuration and its log.
set -euo pipefail
directory=$1 aor=$2 transport=$3 seconds=$4 port=$5

mkdir -p "$directory/.local/share/linphone" "$directory/.config"
# -2: no listening port of that transport, connections are opened only.
udp=0 tcp=0
if [ "$transport" = tcp ]; then tcp=-2; else udp=-2; fi
cat >"$directory/rc" <<END
[sip]
sip_port=$udp
sip_tcp_port=$tcp
sip_tls_port=0
[net]
firewall_policy=0
[proxy_0]
reg_proxy=<sip:127.0.0.1:$port;transport=$transport>
reg_route=<sip:127.0.0.1:$port;transport=$transport;lr>
reg_identity=$aor
reg_expires=60
reg_sendregister=1
END
{ sleep "$seconds"; echo quit; } | HOME=$directory timeout -k 5 $((seconds + 10)) \
    linphonec -c "$directory/rc" -d 6 -l "$directory/log" >/dev/null 2>&1
