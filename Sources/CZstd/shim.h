#ifndef SIPOB_CZSTD_SHIM_H
#define SIPOB_CZSTD_SHIM_H
#include <zstd.h>
#endif
