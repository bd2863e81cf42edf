#ifndef SIPOB_CZLIB_SHIM_H
#define SIPOB_CZLIB_SHIM_H
#include <zlib.h>
#endif
