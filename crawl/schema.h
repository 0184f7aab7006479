/* SPDX-License-Identifier: MIT
 * schema.h: the tables of a crawl's database, and the steps from each version
 * of them to the next.  A new database goes through all of them. */
#ifndef CRAWL_SCHEMA_H
#define CRAWL_SCHEMA_H

#include <sqlite3.h>

#include <lariat/status.h>

#include "fault.h"

enum {
  LR_CRAWL_SCHEMA_VERSION = 4,
  LR_CRAWL_APPLICATION_ID = 0x4c724372 /* "LrCr" */
};

/* Brings a database up to `version`, in one transaction.
 *
 * LARIAT_EFORMAT  it is not a database, another program's, or of a newer
 *                 version than LR_CRAWL_SCHEMA_VERSION */
lariat_status lr_crawl_schema_upgrade(sqlite3 *database, const char *path,
                                      int version, lr_crawl_fault *fault);

/* Tells whether a database can be read as it is: it has this version.
 *
 * LARIAT_EFORMAT  it is older, newer, another program's, or none */
lariat_status lr_crawl_schema_check(sqlite3 *database, const char *path,
                                    lr_crawl_fault *fault);

#endif
