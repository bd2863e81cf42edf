#ifndef SIPOB_CPCAP_SHIM_H
#define SIPOB_CPCAP_SHIM_H
#include <pcap/pcap.h>
#endif
