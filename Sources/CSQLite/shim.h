#ifndef SIPOB_CSQLITE_SHIM_H
#define SIPOB_CSQLITE_SHIM_H
#include <sqlite3.h>
#endif
