/* SPDX-License-Identifier: ISC */
/* uri.h: a path as SQLite's URI, https://sqlite.org/uri.html. */
#ifndef SITREP_SQL_URI_H
#define SITREP_SQL_URI_H

enum { URI_LEN_MAX = 4 * 4096 };

/* Writes "file:PATH?OPTIONS" into uri.  0 or -ENAMETOOLONG. */
int uri_of_file(char uri[URI_LEN_MAX], const char *path, const char *options);

#endif
