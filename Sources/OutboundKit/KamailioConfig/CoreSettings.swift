/// The global settings of Kamailio's core, by what they take: those that the core of an older 5.x has, and those of the one
/// that is to be `next`. Names that were there for some releases in between are missing, if there are any.
enum CoreSettings {
    /// The release up to which the names are known.
    static let newest = "6.1"
    static let next = KamailioVersion(6, 2, 0)

    /// They take a number, or a word for yes or no.
    static let numbers = names(
        """
        add_rport advertised_port async_nonblock async_usleep async_workers auto_aliases
        auto_bind_ipv6 auto_domains bind_ipv6_link_local check_via children core_log corelog debug disable_core_dump
        disable_sctp disable_tcp disable_tls dns dns_cache_del_nonexp dns_cache_delete_nonexpired dns_cache_flags
        dns_cache_gc_interval dns_cache_init dns_cache_max_ttl dns_cache_mem dns_cache_min_ttl dns_cache_negative_ttl
        dns_cache_rec_pref dns_naptr_ignore_rfc dns_retr_no dns_retr_time dns_rev_via dns_sctp_pref
        dns_sctp_preference dns_search_full_match dns_servers_no dns_slow_query_ms dns_srv_lb dns_srv_loadbalancing
        dns_tcp_pref dns_tcp_preference dns_tls_pref dns_tls_preference dns_try_ipv6 dns_try_naptr dns_udp_pref
        dns_udp_preference dns_use_cache dns_use_failover dns_use_search_list dst_blacklist_expire
        dst_blacklist_gc_interval dst_blacklist_init dst_blacklist_mem dst_blacklist_sctp_imask
        dst_blacklist_tcp_imask dst_blacklist_tls_imask dst_blacklist_ttl dst_blacklist_udp_imask dst_blocklist_expire
        dst_blocklist_gc_interval dst_blocklist_init dst_blocklist_mem dst_blocklist_sctp_imask
        dst_blocklist_tcp_imask dst_blocklist_tls_imask dst_blocklist_ttl dst_blocklist_udp_imask enable_sctp
        enable_tls exit_timeout force_rport fork fork_delay http_reply_hack http_reply_parse ip_free_bind
        ip_nonlocal_bind ipfreebind latency_cfg_log latency_limit_action latency_limit_cfg latency_limit_db
        latency_log local_rport log_color log_prefix_mode log_stderror max_branches max_recursive_level
        max_while_loops maxbuffer maxsndbuffer mcast_loopback mcast_ttl mem_add_size mem_dbg mem_join mem_log
        mem_safety mem_status_mode mem_summary memdbg memlog mhomed mlock_pages modinit_delay msg_apply_changes_mode
        msg_clone_extra_size msg_recv_max_size msg_time onsend_route_reply open_files_limit phone2tel pmtu_discovery
        port pv_buffer_size pv_buffer_slots pv_cache_action pv_cache_limit real_time received_route_mode reply_to_via
        return_mode rev_dns route_locks_size rpc_exec_delta rpc_exec_locks rpc_exec_locks_mode rt_fast_timer_prio
        rt_ftimer_policy rt_ftimer_prio rt_policy rt_prio rt_stimer_policy rt_stimer_prio rt_timer1_policy rt_timer1_prio
        rt_timer2_policy rt_timer2_prio sctp_children ser_kill_timeout server_id server_signature shm shm_force_alloc
        shm_mem shm_mem_size sip_parser_log sip_parser_log_oneline sip_parser_mode sip_warning socket_workers
        sql_buffer_size tcp_accept_aliases tcp_accept_haproxy tcp_accept_hep3 tcp_accept_iplimit tcp_accept_no_cl
        tcp_accept_unique tcp_async tcp_buf_write tcp_check_timer tcp_children tcp_clone_rcvbuf tcp_close_rst
        tcp_conn_wq_max tcp_connect_timeout tcp_connection_lifetime tcp_connection_match tcp_crlf_ping
        tcp_defer_accept tcp_delayed_ack tcp_fd_cache tcp_keepalive tcp_keepcnt tcp_keepidle tcp_keepintvl tcp_linger2
        tcp_listen_backlog tcp_main_threads tcp_max_connections tcp_msg_data_timeout tcp_msg_read_timeout
        tcp_no_connect tcp_rd_buf_size tcp_reuse_port tcp_script_mode tcp_send_timeout tcp_syncnt tcp_wait_data
        tcp_wq_blk_size tcp_wq_max tls_connection_match_domain tls_disable tls_enable tls_handshake_timeout tls_log
        tls_max_connections tls_port_no tls_require_certificate tls_send_timeout tls_threads_mode tls_verify tlslog
        udp4_raw udp4_raw_mtu udp4_raw_ttl udp_mtu udp_receiver_mode use_dns_cache use_dns_failover use_dst_blacklist
        use_dst_blocklist verbose_startup wait_worker1_mode wait_worker1_time wait_worker1_usleep
        """)

    /// They take a string in quotes.
    static let strings = names(
        """
        hdr_name_extra_chars loadpath log_engine_data log_engine_type log_name log_prefix mpath
        server_header stats_name_separator uri_host_extra_chars user_agent_header version_table xavp_via_fields
        xavp_via_params xavp_via_reply_params
        """)

    /// They take names, addresses, or one of several things.
    static let others = names(
        """
        advertised_address alias async_tkv_evcb async_tkv_gname async_workers_group chroot
        domain gid group ipv6_hex_style listen log_facility mcast run_dir rundir socket tcp_accept_protocols
        tcp_accept_protos tcp_poll_method tcp_source_ipv4 tcp_source_ipv6 tls_ca_list tls_certificate tls_method
        tls_private_key tos udp_mtu_try_proto uid user wdir workdir
        """)

    /// The release that brought each of those that came later than 5.0.
    static let since: [String: KamailioVersion] = {
        var since: [String: KamailioVersion] = [:]
        for (release, list) in releases {
            for name in names(list) { since[name] = KamailioVersion(release) }
        }
        return since
    }()

    private static let releases = [
        "5.1.0": """
        ip_free_bind ipfreebind pv_cache_action pv_cache_limit tcp_accept_hep3 tcp_reuse_port verbose_startup
        """,
        "5.2.0": """
        async_nonblock ip_nonlocal_bind route_locks_size xavp_via_fields xavp_via_params
        """,
        "5.3.0": """
        bind_ipv6_link_local dns_slow_query_ms latency_limit_cfg received_route_mode tcp_accept_haproxy
        tcp_accept_unique tcp_connection_match
        """,
        "5.4.0": """
        stats_name_separator uri_host_extra_chars
        """,
        "5.5.0": """
        async_workers_group dst_blocklist_expire dst_blocklist_gc_interval dst_blocklist_init dst_blocklist_mem
        dst_blocklist_sctp_imask dst_blocklist_tcp_imask dst_blocklist_tls_imask dst_blocklist_ttl
        dst_blocklist_udp_imask hdr_name_extra_chars ipv6_hex_style local_rport sip_parser_log sip_parser_mode
        use_dst_blocklist wait_worker1_mode wait_worker1_time wait_worker1_usleep
        """,
        "5.6.0": """
        sip_parser_log_oneline tcp_script_mode tcp_wait_data
        """,
        "5.7.0": """
        auto_domains dns_rev_via dns_use_cache dns_use_failover domain return_mode rpc_exec_delta tcp_close_rst
        """,
        "5.8.0": """
        maxsndbuffer mem_add_size msg_recv_max_size tcp_accept_iplimit tcp_check_timer tcp_msg_data_timeout
        tcp_msg_read_timeout tls_threads_mode xavp_via_reply_params
        """,
        "6.0.0": """
        async_tkv_evcb async_tkv_gname udp_receiver_mode
        """,
        "6.1.0": """
        msg_apply_changes_mode msg_clone_extra_size tcp_listen_backlog tcp_main_threads tls_connection_match_domain
        """,
        "6.2.0": """
        rpc_exec_locks rpc_exec_locks_mode tcp_accept_protocols tcp_accept_protos
        """,
    ]

    /// Names with a point belong to modules, or to whoever wrote the configuration.
    static func has(_ name: String) -> Bool {
        name.contains(".") || numbers.contains(name) || strings.contains(name) || others.contains(name)
    }

    /// The words for yes and no. Kamailio knows no capitals here.
    static let switchWords: Set = ["yes", "true", "on", "enable", "no", "false", "off", "disable"]

    private static func names(_ text: String) -> Set<String> {
        Set(text.split { $0 == " " || $0.isNewline }.map(String.init))
    }
}
