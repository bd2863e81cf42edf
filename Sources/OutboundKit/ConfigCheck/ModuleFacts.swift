/// What modules know of themselves: the parameters of those that outbound needs, and modules that are gone.
///
/// From the parameter tables of releases 5.0.0 to 6.1.0.
enum ModuleFacts {
    /// A parameter of a module.
    struct Parameter {
        enum Kind { case integer, string, either }
        let kind: Kind
        /// The release that brought it; nil for 5.0 or earlier.
        let since: KamailioVersion?
        /// The first release without it.
        let until: KamailioVersion?
    }

    /// `name:type`, with `>` the release that brought it and `<` the first one without it; `?` for a type that takes both.
    private static let lists: [String: String] = [
        "outbound": """
        flow_token_secret:s>5.6 force_no_outbound_flag:i force_outbound_flag:i
        """,
        "path": """
        enable_r2:i>5.1 received_format:i>5.1 received_name:s>5.5 sockname_mode:i>5.4 use_received:i
        """,
        "rr": """
        add_username:i append_fromtag:i custom_user_avp:s enable_double_rr:i enable_full_lr:i \
        enable_socket_mismatch_warning:i force_send_socket:i>5.2 ignore_sips:i>5.2 \
        loose_route_mode:i>6.1 sockname_mode:i>5.4
        """,
        "stun": "",
        "registrar": """
        append_branches:i case_sensitive:i contact_max_size:i default_expires:i default_expires_range:i \
        default_q:i event_callback:s>5.2 expires_range:i flow_timer:i gruu_enabled:i \
        lookup_filter_mode:i>5.3 max_contacts:i max_expires:i method_filtering:i min_expires:i \
        min_expires_mode:i>5.4 outbound_mode:i path_check_local:i path_mode:i path_use_received:i \
        realm_prefix:s received_avp:s received_param:s regid_mode:i retry_after:i sock_flag:i \
        sock_hdr_name:s sock_mode:i>5.5 use_expired_contacts:i>5.4 use_path:i \
        xavp_cfg:s xavp_rcd:s xavp_rcd_mask:i>5.4
        """,
        "usrloc": """
        callid_column:s cflags_column:s close_expired_tcp:i connection_id_column:s contact_column:s \
        cseq_column:s cseq_delay:i db_check_update:i db_clean_tcp:i>5.6 db_insert_null:i \
        db_insert_update:i>5.1 db_load:i>5.1 db_mode:i db_ops_ruid:i db_raw_fetch_type:i db_timer_clean:i \
        db_update_as_insert:i db_url:s desc_time_order:i domain_column:s expires_column:s expires_type:i \
        fetch_rows:i flags_column:s handle_lost_tcp:i hash_size:i instance_column:s ka_domain:s>5.4 \
        ka_filter:i>5.4 ka_from:s>5.4 ka_interval:i>5.8 ka_loglevel:i>5.4 ka_logmsg:s>5.5 ka_method:s>5.4 \
        ka_mode:i>5.4 ka_randomize:i>5.8 ka_reply_codes:s>5.8 ka_timeout:i>5.5 keepalive_column:s \
        load_rank:i>5.5 matching_mode:i methods_column:s nat_bflag:i partition_column:s>5.2 path_column:s \
        preload:? q_column:s received_column:s reg_id_column:s rm_expired_delay:i>5.2 ruid_column:s \
        server_id_column:s server_id_filter:i skip_remote_socket:i socket_column:s timer_interval:i \
        timer_procs:i use_domain:i user_agent_column:s user_column:s version_table:i>5.2 xavp_contact:s
        """,
        "tm": """
        ac_extra_hdrs:s aggregate_challenges:i auto_inv_100:i auto_inv_100_reason:s blst_503:i \
        blst_503_def_timeout:i blst_503_max_timeout:i blst_503_min_timeout:i blst_methods_add:i \
        blst_methods_lookup:i callid_cseq_matching:i>5.6 callid_matching:i cancel_b_method:i \
        contact_flows_avp:s contacts_avp:s default_code:i default_reason:s delayed_reply:i>6.1 \
        delete_timer:i<5.3 disable_6xx_block:i dns_reuse_rcv_socket:i e2e_cancel_hop_by_hop:i>6.0 \
        e2e_cancel_reason:i enable_uac_fr:i>5.6 evcb_local_ack_sent:s>6.1 event_callback:s \
        event_callback_lres_sent:s>5.3 evlreq_mode:i>6.1 exec_time_check:i>5.4 failover_reply_codes:s>5.7 \
        failure_exec_mode:i failure_reply_mode:i faked_reply_prio:i fr_inv_timer:i fr_inv_timer_avp:s \
        fr_timer:i fr_timer_avp:s headers_mode:i>6.0 local_ack_branch_mode:i>6.1 local_ack_mode:i \
        local_cancel_reason:i max_inv_lifetime:i max_noninv_lifetime:i noisy_ctimer:i on_sl_reply:s \
        pass_provisional_replies:i relay_100:i>5.2 remap_503_500:i reparse_invite:i \
        reparse_on_dns_failover:i reply_408_code:i>6.0 reply_408_reason:s>6.0 reply_matching:?>6.2 \
        reply_relay_mode:i>5.5 restart_fr_on_each_reply:i retr_timer1:i retr_timer2:i rich_redirect:i>5.3 \
        ruri_matching:i tw_append:s* unix_tx_timeout:i unmatched_cancel:i via1_matching:i wt_timer:i \
        xavp_contact:s
        """,
        "tmx": """
        precheck_trans:i
        """,
        "websocket": """
        cors_mode:i event_callback:s>5.1 keepalive_interval:i keepalive_mechanism:i keepalive_processes:i \
        keepalive_timeout:i ping_application_data:s rm_delay_interval:i>5.3 sub_protocols:i \
        timer_interval:i>5.3 verbose_list:i
        """,
        "nathelper": """
        alias_name:s>5.6 append_sdp_oldmediaip:i filter_server_id:i force_socket:s ignore_path:i>6.1 \
        keepalive_timeout:i nat_addr_mode:i>5.4 natping_disable_bflag:i natping_interval:i \
        natping_processes:i natping_socket:s nortpproxy_str:s ping_nated_only:i received_avp:s \
        sipping_bflag:i sipping_from:s sipping_method:s udpping_from_path:i
        """,
        "nat_traversal": """
        contact_match:i>5.4 keepalive_extra_headers:s keepalive_from:s keepalive_interval:i \
        keepalive_method:s keepalive_state_file:s
        """,
    ]

    /// The parameters of a module that is known here; nil for others, of which nothing can be said.
    static func parameters(of module: String) -> [String: Parameter]? {
        guard let list = lists[module] else { return nil }
        var parameters: [String: Parameter] = [:]
        for word in list.split(separator: " ") {
            let parts = word.split(separator: ":")
            guard parts.count == 2 else { continue }
            let rest = parts[1]
            let kind: Parameter.Kind = rest.hasPrefix("i") ? .integer : rest.hasPrefix("s") ? .string : .either
            func version(behind sign: Character) -> KamailioVersion? {
                guard let at = rest.firstIndex(of: sign) else { return nil }
                return KamailioVersion(String(rest[rest.index(after: at)...].prefix { $0 != "<" && $0 != ">" }))
            }
            parameters[String(parts[0])] = Parameter(
                kind: kind, since: version(behind: ">"), until: version(behind: "<"))
        }
        return parameters
    }

    /// Modules that newer releases do not have, with the first release without them and what does their work now.
    static let dropped: [String: (since: KamailioVersion, instead: String)] = [
        "mi_rpc": (KamailioVersion(5, 0, 0), "jsonrpcs, or ctl with kamcmd"),
        "mi_fifo": (KamailioVersion(5, 0, 0), "jsonrpcs, or ctl with kamcmd"),
        "mi_datagram": (KamailioVersion(5, 0, 0), "jsonrpcs"),
        "mi_xmlrpc": (KamailioVersion(5, 0, 0), "xmlrpc or jsonrpcs"),
        "pua_mi": (KamailioVersion(5, 0, 0), "pua_rpc"),
        "cpl-c": (KamailioVersion(5, 0, 0), "cplc"),
        "jsonrpc-s": (KamailioVersion(5, 0, 0), "jsonrpcs"),
        "jsonrpc-c": (KamailioVersion(5, 0, 0), "jsonrpcc"),
        "janssonrpc-c": (KamailioVersion(5, 0, 0), "janssonrpcc"),
        "iptrtpproxy": (KamailioVersion(5, 0, 0), "rtpengine"),
        "purple": (KamailioVersion(5, 0, 0), "nothing"),
        "dialog_ng": (KamailioVersion(4, 4, 0), "ims_dialog or dialog"),
        "rtpproxy-ng": (KamailioVersion(4, 2, 0), "rtpengine"),
        "userblacklist": (KamailioVersion(5, 5, 0), "userblocklist"),
        "auth_identity": (KamailioVersion(5, 8, 0), "stirshaken or secsipid"),
        "app_sqlang": (KamailioVersion(5, 8, 0), "app_lua or app_python3"),
        "app_mono": (KamailioVersion(6, 0, 0), "app_lua or app_python3"),
        "app_java": (KamailioVersion(6, 1, 0), "app_lua or app_python3"),
        "db_cassandra": (KamailioVersion(6, 0, 0), "another database module"),
        "db_berkeley": (KamailioVersion(6, 1, 0), "db_sqlite"),
        "db_perlvdb": (KamailioVersion(6, 1, 0), "another database module"),
        "osp": (KamailioVersion(6, 0, 0), "nothing"),
    ]

    /// Global settings that were renamed: since when, and to what.
    static let renamedSettings: [String: (since: KamailioVersion, to: String)] = [
        "use_dst_blacklist": (KamailioVersion(5, 5, 0), "use_dst_blocklist"),
        "dst_blacklist_init": (KamailioVersion(5, 5, 0), "dst_blocklist_init"),
        "dst_blacklist_mem": (KamailioVersion(5, 5, 0), "dst_blocklist_mem"),
        "dst_blacklist_expire": (KamailioVersion(5, 5, 0), "dst_blocklist_expire"),
        "dst_blacklist_ttl": (KamailioVersion(5, 5, 0), "dst_blocklist_ttl"),
        "dst_blacklist_gc_interval": (KamailioVersion(5, 5, 0), "dst_blocklist_gc_interval"),
        "dst_blacklist_udp_imask": (KamailioVersion(5, 5, 0), "dst_blocklist_udp_imask"),
        "dst_blacklist_tcp_imask": (KamailioVersion(5, 5, 0), "dst_blocklist_tcp_imask"),
        "dst_blacklist_tls_imask": (KamailioVersion(5, 5, 0), "dst_blocklist_tls_imask"),
        "dst_blacklist_sctp_imask": (KamailioVersion(5, 5, 0), "dst_blocklist_sctp_imask"),
    ]

    /// A module that another one asks for as it starts.
    struct Need {
        let module: String
        let needed: String
        /// It must stand above.
        var isAbove = false
        /// The parameter above 0 with which it asks; nil where it always does.
        var parameter: String?
        /// The value of a parameter with which it does not ask.
        var exception: (parameter: String, value: String)?

        func isMet(by name: String) -> Bool { name == needed || needed == "usrloc" && name == "p_usrloc" }
    }

    /// Measured with 5.6.3.
    static let needs = [
        Need(module: "registrar", needed: "usrloc", isAbove: true), Need(module: "registrar", needed: "sl"),
        Need(module: "nathelper", needed: "usrloc", isAbove: true, parameter: "natping_interval"),
        Need(module: "tmx", needed: "tm", isAbove: true),
        Need(module: "siputils", needed: "sl"), Need(module: "siputils", needed: "pv"),
        Need(module: "sanity", needed: "sl"), Need(module: "auth", needed: "sl"), Need(module: "xhttp", needed: "sl"),
        Need(module: "websocket", needed: "xhttp"), Need(module: "websocket", needed: "sl"),
        Need(module: "nat_traversal", needed: "sl"), Need(module: "nat_traversal", needed: "tm", isAbove: true),
        Need(module: "dialog", needed: "tm", isAbove: true), Need(module: "dialog", needed: "rr"),
        Need(module: "dialog", needed: "pv"), Need(module: "acc", needed: "tm", isAbove: true),
        Need(module: "uac", needed: "tm", isAbove: true),
        Need(module: "uac", needed: "rr", exception: ("restore_mode", "none")),
    ]

    /// Numbers that are refused only as Kamailio starts, where they are none of these. Measured with 5.6.3.
    static let ranges: [(module: String, parameter: String, range: ClosedRange<Int>)] = [
        ("registrar", "regid_mode", 0...1), ("usrloc", "nat_bflag", -1...31),
    ]

    /// Parameters that a module has only when it was built with them, as packages are not.
    static let ofSpecialBuilds: Set = ["rr ignore_user"]

    /// Pseudo-variables of the module pv (measured with 5.6.3). The core has `$rc`, `$null`, `$env()` and `$def()` itself, and
    /// other modules have others.
    static let variables = Set(
        """
        rm ru si sp fU fu fd fn ft tU tu td tn tt rU rd rp rP rs rr ua ci cs ct cl cT du dd dp dP ds mb ml \
        mf Ri Rp Ru au ad ar aU Au pr proto Ts Tb TS ou oU od bs bf br var avp hdr xavp sel sndto snd conid \
        pU pu pd pn TV re branch mt ai time xavu xavi Tf TF aa adu rz version hfl hdrc expires mbu prid msg \
        nh ruid timef utimef sndfrom RAu RAi Rut Rn
        """.split(separator: " ").map(String.init))
}
