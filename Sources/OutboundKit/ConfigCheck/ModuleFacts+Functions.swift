/// Which module has which function.
extension ModuleFacts {
    /// The functions of modules that a configuration around outbound uses. Each has its name in one module alone, in all releases
    /// from 5.0 to 6.1, and Kamailio 5.6.3 was seen to refuse it without that module.
    private static let functionLists: [String: String] = [
        "auth": """
        auth_algorithm auth_challenge auth_get_www_authenticate consume_credentials has_credentials \
        proxy_challenge pv_auth_check pv_proxy_authenticate pv_proxy_authorize pv_www_authenticate \
        pv_www_authorize www_challenge
        """,
        "corex": """
        file_read file_write forward_reply forward_uac forward_uac_uri is_faked_msg is_incoming is_socket_name \
        isxflagset msg_iflag_is_set msg_iflag_reset msg_iflag_set msg_vbflag_is_set msg_vbflag_parse \
        msg_vbflag_reset msg_vbflag_set resetxflag send send_data sendx set_recv_socket set_recv_socket_name \
        set_send_socket set_send_socket_name set_source_address setxflag via_add_srvid via_add_xavp_params \
        via_reply_add_xavp_params via_use_xavp_fields
        """,
        "dispatcher": """
        ds_dsg_fetch ds_dsg_fetch_uri ds_is_active ds_is_from_list ds_list_exist ds_list_exists ds_load_unset \
        ds_load_update ds_mark_addr ds_mark_dst ds_next_domain ds_next_dst ds_oc_set_attrs ds_reload ds_select \
        ds_select_domain ds_select_dst ds_select_routes ds_set_domain ds_set_dst
        """,
        "htable": """
        sht_dec sht_has_name sht_has_str_value sht_inc sht_is_null sht_iterator_end sht_iterator_next \
        sht_iterator_rm sht_iterator_setex sht_iterator_seti sht_iterator_sets sht_iterator_start sht_lock \
        sht_match_name sht_match_str_value sht_print sht_reset sht_rm sht_rm_name sht_rm_name_re sht_rm_value \
        sht_rm_value_re sht_setxi sht_setxs sht_unlock
        """,
        "kex": """
        avp_printf is_myhost is_myself isbflagset isdsturiset issflagset pv_printf resetbflag resetdebug \
        resetdsturi resetsflag setbflag setdebug setdsturi setsflag
        """,
        "maxfwd": """
        is_maxfwd_lt maxfwd_at_least maxfwd_process mf_lowlimit mf_process_maxfwd_header process_maxfwd
        """,
        "nat_traversal": """
        client_nat_test contact_match dialog_endpoints fix_contact keepalive_endpoints keepalive_extra_headers \
        keepalive_from keepalive_interval keepalive_method keepalive_state_file nat_keepalive nat_traversal \
        registered_endpoints subscribed_endpoints
        """,
        "nathelper": """
        add_contact_alias add_rcv_param fix_nated_contact fix_nated_register fix_nated_sdp handle_ruri_alias \
        is_rfc1918 nat_uac_test set_alias_to_pv set_contact_alias
        """,
        "outbound": """
        check_flow_token
        """,
        "path": """
        add_path add_path_advertised_address add_path_received enable_r2 path received_format received_name \
        use_received
        """,
        "permissions": """
        address_file address_table allow_address allow_address_group allow_register allow_register_include_port \
        allow_routing allow_source_address allow_source_address_group allow_suffix allow_trusted allow_uri \
        check_all_branches default_allow_file default_deny_file deny_suffix from_col grp_col ip_addr_col \
        mask_col max_subnets peer_tag_avp peer_tag_mode permissions port_col priority_col proto_col ruri_col \
        source_col tag_col trusted_cleanup_interval trusted_table
        """,
        "registrar": """
        contact_max_size expires_range flow_timer gruu_enabled lookup lookup_branches lookup_filter_mode \
        lookup_to_dset lookup_xavp min_expires_mode outbound_mode path_check_local reg_from_user reg_send_reply \
        regid_mode registered registrar save sock_mode unregister use_expired_contacts xavp_rcd xavp_rcd_mask
        """,
        "rr": """
        add_rr_param add_username append_fromtag check_route_param enable_double_rr enable_full_lr \
        enable_socket_mismatch_warning fti ignore_sips ignore_user is_direction loose_route loose_route_mode \
        loose_route_preloaded rdir record_route record_route_advertised_address record_route_preset \
        remove_record_route route_uri rr rr_next_hop_route tti
        """,
        "rtpengine": """
        block_dtmf block_media play_dtmf play_media rtpengine_answer rtpengine_connect rtpengine_delete \
        rtpengine_destroy rtpengine_info rtpengine_manage rtpengine_offer rtpengine_query rtpengine_query_v \
        rtpengine_subscribe_answer rtpengine_subscribe_request rtpengine_unsubscribe set_rtpengine_set \
        silence_media start_forwarding stop_forwarding stop_media stop_recording unblock_dtmf unblock_media \
        unsilence_media
        """,
        "rtpproxy": """
        extra_id_pv ice_candidate_priority_avp nortpproxy_str rtp_inst_pvar rtpproxy rtpproxy_answer \
        rtpproxy_destroy rtpproxy_disable_tout rtpproxy_manage rtpproxy_offer rtpproxy_retr rtpproxy_sock \
        rtpproxy_stop_stream2uac rtpproxy_stop_stream2uas rtpproxy_stream2uac rtpproxy_stream2uas rtpproxy_tout \
        rtppstat rtpstat set_rtp_proxy_set timeout_socket timeout_tag_pv unforce_rtp_proxy
        """,
        "sanity": """
        autodrop default_checks noreply proxy_require sanity sanity_check sanity_reply uri_checks
        """,
        "siputils": """
        add_uri_param append_rpid_hf cmp_aor cmp_hdr_name cmp_uri contact_param_check contact_param_decode \
        contact_param_decode_ruri contact_param_encode contact_param_encode_alias contact_param_rm get_uri_param \
        has_totag hdr_date_check is_alphanum is_alphanumex is_e164 is_first_hop is_gruu is_http is_numeric \
        is_reply is_request is_rpid_user_e164 is_sip is_supported is_tel_number is_uri is_uri_user_e164 is_user \
        options_reply ring_insert_callid set_uri_host set_uri_user sip_p_charging_vector sip_parse_headers \
        tel2sip tel2sip2 uri_param uri_param_any uri_param_rm
        """,
        "sl": """
        send_reply send_reply_error send_reply_mode sl_forward_reply sl_reply sl_reply_error sl_send_reply
        """,
        "textops": """
        append_body_part append_body_part_hex append_hf append_time append_time_to_request append_to_reply \
        append_urihf cmp_istr cmp_str ends_with filter_body get_body_part get_body_part_raw has_body in_list \
        in_list_prefix insert_hf is_audio_on_hold is_method is_present_hf is_present_hf_pv is_present_hf_re \
        is_present_hf_re_pv is_privacy regex_substring remove_body_part remove_hf remove_hf_exp remove_hf_exp_pv \
        remove_hf_idx remove_hf_match remove_hf_pv remove_hf_re remove_hf_re_pv replace replace_all replace_body \
        replace_body_all replace_body_atonce replace_body_str replace_hdrs replace_hdrs_str replace_str search \
        search_append search_append_body search_body search_hf search_str set_body set_body_hex \
        set_body_multipart set_reply_body set_reply_body_hex starts_with str_all_in str_any_in str_find \
        str_ifind subst subst_body subst_hf subst_uri subst_user subst_v textops via_param_rm
        """,
        "textopsx": """
        append_hf_value assign_hf_value assign_hf_value2 bl_iterator_append bl_iterator_end bl_iterator_insert \
        bl_iterator_next bl_iterator_rm bl_iterator_start change_reply_status change_reply_status_code \
        exclude_hf_value fnmatch hf_iterator_append hf_iterator_end hf_iterator_insert hf_iterator_next \
        hf_iterator_prev hf_iterator_rm hf_iterator_start hf_value_exists include_hf_value insert_hf_value \
        keep_hf msg_apply_changes msg_changed_route msg_set_buffer remove_body remove_hf_value remove_hf_value2 \
        textopsx
        """,
        "tm": """
        t_any_replied t_any_timeout t_branch_replied t_branch_timeout t_cell_append_branches t_check_status \
        t_check_trans t_clean t_disable_e2e_cancel_reason t_drop_replies t_exists t_forward_nonack \
        t_forward_nonack_sctp t_forward_nonack_tcp t_forward_nonack_tls t_forward_nonack_to t_forward_nonack_udp \
        t_forward_nonack_uri t_get_status_code t_grep_status t_is_canceled t_is_expired t_is_retr_async_reply \
        t_is_set t_load_contacts t_lookup_cancel t_lookup_request t_msg_apply_changes t_newtran \
        t_next_contact_flow t_next_contacts t_on_branch t_on_branch_failure t_on_failure t_on_reply t_relay \
        t_relay_cancel t_relay_to t_relay_to_avp t_relay_to_proxy t_relay_to_sctp t_relay_to_tcp t_relay_to_tls \
        t_relay_to_udp t_release t_replicate t_replicate_sctp t_replicate_tcp t_replicate_tls t_replicate_to \
        t_replicate_udp t_reply t_reply_error t_reset_fr t_reset_max_lifetime t_reset_retr t_retransmit_reply \
        t_save_lumps t_send_reply t_set_auto_inv_100 t_set_disable_6xx t_set_disable_failover \
        t_set_disable_internal_reply t_set_fr t_set_max_lifetime t_set_no_auto_ack t_set_no_e2e_cancel_reason \
        t_set_retr t_uac_send t_use_uac_headers t_write_req t_write_unix
        """,
        "tmx": """
        precheck_trans t_cancel_branches t_cancel_callid t_continue t_drop t_flush_flags t_flush_xflags \
        t_is_branch_route t_is_failure_route t_is_reply_route t_is_request_route t_precheck_trans t_reply_callid \
        t_reuse_branch t_suspend t_uac_ack_local t_vbflag_is_set t_vbflag_reset t_vbflag_set tmx
        """,
        "uac": """
        auth_password_avp auth_realm_avp auth_username_avp credential default_socket reg_active reg_contact_addr \
        reg_db_url reg_gc_interval reg_hash_size reg_keep_callid reg_random_delay reg_retry_interval \
        reg_timer_interval reg_use_domain restore_dlg restore_from_avp restore_mode restore_passwd \
        restore_to_avp rr_from_store_param rr_to_store_param uac uac_auth uac_auth_mode uac_reg_disable \
        uac_reg_enable uac_reg_lookup uac_reg_lookup_uri uac_reg_refresh uac_reg_request_to \
        uac_reg_send_register uac_reg_send_unregister uac_reg_status uac_replace_from uac_replace_to \
        uac_req_send uac_restore_from uac_restore_to
        """,
        "websocket": """
        ws_close ws_handle_handshake
        """,
        "xhttp": """
        xhttp_reply
        """,
        "xlog": """
        force_color log_colors long_format methods_filter prefix_mode xalert xbug xcrit xdbg xdbgl xerr xinfo \
        xlog xlogl xlogm xnotice xwarn
        """,
    ]

    /// The module of each function that is known here. Others may come from anywhere.
    static let functions: [String: String] = {
        var functions: [String: String] = [:]
        for (module, list) in functionLists {
            for name in list.split(separator: " ") { functions[String(name)] = module }
        }
        return functions
    }()

    /// Pseudo-variables with a name in parentheses, by the first word of it: Kamailio 5.6.3 refuses these without their module.
    static let variablesOfModules: [String: String] = [
        "sht": "htable", "T": "tmx", "T_req": "tmx", "T_rpl": "tmx", "T_inv": "tmx", "T_branch": "tmx", "rdir": "rr",
        "cfg": "corex",
        "dsv": "dispatcher", "pcv": "siputils", "ltt": "sl",
    ]

    /// Functions of the same name in another module.
    private static let otherModules: [String: String] = [
        "save": "ims_registrar_scscf", "lookup": "ims_registrar_scscf", "unregister": "ims_registrar_scscf",
    ]

    /// The modules of which one must be loaded for a function; empty for one that is not known here.
    static func modules(of function: String) -> [String] {
        [functions[function], otherModules[function]].compactMap { $0 }
    }
}
