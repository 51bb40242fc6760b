#ifndef FALGATE_CSQLITE_SHIM_H
#define FALGATE_CSQLITE_SHIM_H
#include <sqlite3.h>
#endif
