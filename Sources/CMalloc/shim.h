#ifndef SIPOB_CMALLOC_SHIM_H
#define SIPOB_CMALLOC_SHIM_H
#include <malloc.h>
#endif
