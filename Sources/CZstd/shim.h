#ifndef SIPOB_CZSTD_SHIM_H
#define SIPOB_CZSTD_SHIM_H
#include <zstd.h>
#include <zstd_errors.h>
#endif
