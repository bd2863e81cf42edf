#!/usr/bin/env bash
# A client behind a NAT before a STUN server, in three network namespaces that nothing else can reach.
#
#   rig.sh up NAME SECONDS PORTS   NAME names the namespaces; the NAT forgets UDP flows after SECONDS, and gives new flows
#                                  PORTS: random ones, or the same that the client uses
#   rig.sh down NAME
#
# The client is in NAME-c; the server's address is 198.51.100.2, port 3478. Exits with 77 where the host does not permit it.
set -euo pipefail
name=$2
case $1 in
    up)
        seconds=$3 ports=$4
        flag=
        [ "$ports" = same ] || flag=fully-random
        trap 'echo "NAT rig: this host does not permit it" >&2; exit 77' ERR
        for part in c n s; do ip netns add "$name-$part"; done
        ip -n "$name-n" link add in type veth peer name out netns "$name-c"
        ip -n "$name-n" link add out type veth peer name in netns "$name-s"
        ip -n "$name-c" address add 192.0.2.2/24 dev out
        ip -n "$name-n" address add 192.0.2.1/24 dev in
        ip -n "$name-n" address add 198.51.100.1/24 dev out
        ip -n "$name-s" address add 198.51.100.2/24 dev in
        for end in c:out n:in n:out s:in; do ip -n "$name-${end%:*}" link set "${end#*:}" up; done
        ip -n "$name-c" route add default via 192.0.2.1
        ip netns exec "$name-n" sysctl -qw net.ipv4.ip_forward=1
        ip netns exec "$name-n" nft add table ip nat
        ip netns exec "$name-n" nft 'add chain ip nat post { type nat hook postrouting priority 100 ; }'
        ip netns exec "$name-n" nft add rule ip nat post oifname out masquerade $flag
        ip netns exec "$name-n" sysctl -qw "net.netfilter.nf_conntrack_udp_timeout=$seconds" \
            "net.netfilter.nf_conntrack_udp_timeout_stream=$seconds"
        ;;
    down)
        for part in c n s; do ip netns del "$name-$part" 2>/dev/null || true; done
        ;;
esac
