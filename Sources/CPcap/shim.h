#ifndef SIPOB_CPCAP_SHIM_H
#define SIPOB_CPCAP_SHIM_H
#include <pcap/pcap.h>

/* The functions that are looked up in the library while the program runs, as types of the header's own words: a
   signature that changes there does not compile here. */
typedef __typeof__(&pcap_create) sipob_pcap_create;
typedef __typeof__(&pcap_set_snaplen) sipob_pcap_set_int;
typedef __typeof__(&pcap_activate) sipob_pcap_get_int;
typedef __typeof__(&pcap_setnonblock) sipob_pcap_setnonblock;
typedef __typeof__(&pcap_geterr) sipob_pcap_geterr;
typedef __typeof__(&pcap_close) sipob_pcap_close;
typedef __typeof__(&pcap_next_ex) sipob_pcap_next_ex;
typedef __typeof__(&pcap_stats) sipob_pcap_stats;
typedef __typeof__(&pcap_open_dead) sipob_pcap_open_dead;
typedef __typeof__(&pcap_compile) sipob_pcap_compile;
typedef __typeof__(&pcap_setfilter) sipob_pcap_setfilter;
typedef __typeof__(&pcap_freecode) sipob_pcap_freecode;
typedef __typeof__(&pcap_offline_filter) sipob_pcap_offline_filter;
#endif
