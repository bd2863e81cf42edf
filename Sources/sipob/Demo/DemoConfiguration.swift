/// The configuration that the demo has checked: an edge proxy by Kamailio that does everything right but one thing. It ends
/// connections before the ping that it has asked for is due.
enum DemoConfiguration {
    /// Seconds, in the file.
    static let flowTimer = 20
    static let lifetime = 15

    static let text = """
        #!KAMAILIO
        # An edge proxy for phones that use outbound (RFC 5626), with a registrar behind it. One line is wrong.

        #!define FLOW_TIMER \(flowTimer)

        log_stderror=yes
        children=2
        tcp_children=2
        auto_aliases=no
        listen=udp:127.0.0.1:5060
        listen=tcp:127.0.0.1:5060
        tcp_connection_lifetime=\(lifetime)
        force_rport=yes

        loadmodule "tm.so"
        loadmodule "sl.so"
        loadmodule "outbound.so"
        loadmodule "rr.so"
        loadmodule "path.so"
        loadmodule "pv.so"
        loadmodule "maxfwd.so"
        loadmodule "textops.so"
        loadmodule "siputils.so"
        loadmodule "stun.so"

        # Phones cannot read it, and all edges behind one name share it.
        modparam("outbound", "flow_token_secret", "write a secret of your own here")
        modparam("tm", "failure_reply_mode", 3)

        request_route {
            if (!mf_process_maxfwd_header("10")) {
                sl_send_reply("483", "Too Many Hops");
                exit;
            }
            if (is_method("CANCEL")) {
                if (t_check_trans()) t_relay();
                exit;
            }
            if (has_totag()) route(TO_PHONE);
            if (is_method("REGISTER")) {
                remove_hf("Route");
                add_path();
                $du = "sip:127.0.0.1:5070";
                route(RELAY);
            }
            if (is_method("INVITE|SUBSCRIBE")) record_route();
            if (@via[2] == "") {
                # From a phone.
                remove_hf("Route");
                $du = "sip:127.0.0.1:5070";
                route(RELAY);
            }
            t_on_failure("FLOW");
            route(TO_PHONE);
        }

        route[RELAY] {
            if (!t_relay()) sl_reply_error();
            exit;
        }

        # Along the flow that the token in Route names, and along no other.
        route[TO_PHONE] {
            if (!loose_route()) {
                if ($rc == -2) {
                    sl_send_reply("403", "Forbidden");
                } else {
                    sl_send_reply("404", "Not Found");
                }
                exit;
            }
            set_forward_no_connect();
            if (!t_relay()) send_reply("430", "Flow Failed");
            exit;
        }

        failure_route[FLOW] {
            if (t_branch_timeout() && !t_branch_replied()) send_reply("430", "Flow Failed");
        }

        onreply_route {
            if ($rm == "REGISTER" && $rs >= 200 && $rs <= 299) {
                remove_hf("Flow-Timer");
                if ($(hdr(Require)[*]) =~ "outbound") {
                    insert_hf("Flow-Timer: $def(FLOW_TIMER)\\r\\n", "Call-ID");
                }
            }
            return 1;
        }

        """
}
