/* SPDX-License-Identifier: ISC */
/* export_files.h: the folder of static files.
 *
 * A file is written beside its place and renamed, so a reader sees the old one or the new one.  The file
 * .sitrepd-files lists all files that were written, each before it is made.  No other file is ever replaced or removed.
 * A file whose bytes have not changed is left alone, its time of change too.
 *
 *     f = export_files_open(directory, &err);
 *     export_files_write(f, "feed.atom", bytes, false, &err) ...
 *     export_files_sweep(f, &err);                         those that were not written are removed
 *     export_files_close(f);
 *
 * All functions block on the disk. */
#ifndef SITREP_PUBLISH_EXPORT_FILES_H
#define SITREP_PUBLISH_EXPORT_FILES_H

#include <stdbool.h>
#include <stdint.h>

#include "sitrep/base/error.h"
#include "sitrep/base/str.h"

struct export_files;

/* The folder must be there, and no other process may have it open by this function.  NULL with err. */
struct export_files *export_files_open(const char *directory, struct error *err);
void export_files_close(struct export_files *f); /* NULL is fine */
/* False when another folder has come to that path, or none is there any more. */
bool export_files_are_at(const struct export_files *f, const char *directory);

/* Begins a pass anew after one that ended before its sweep: no file counts as written or kept. */
void export_files_forget(struct export_files *f);

/* False for a name with an empty part, a part that begins with a dot or is too long, or a control character. */
bool export_files_name_is_good(const char *name);
/* Writes the file and its compressed forms, unless they have these bytes.  closed: it will not change.  0 or a negative
 * code. */
int export_files_write(struct export_files *f, const char *name, struct str bytes, bool closed, struct error *err);
/* Keeps the archives of "feed" and "atom" up to that number, forms too, if that one was written as closed. False: it
 * was not, and none is kept. */
bool export_files_keep_archives(struct export_files *f, const char *stem, const char *suffix, int64_t number);
/* The name of an earlier story page that was not written since the last sweep, each once in turn; NULL: there is none.
 * Until export_files_drop() all are kept. */
const char *export_files_next_story(struct export_files *f);
/* The next sweep removes the file and its forms. */
void export_files_drop(struct export_files *f, const char *name);
/* Removes the files that were neither written nor kept since the last sweep, and writes the list. 0 or a negative code.
 */
int export_files_sweep(struct export_files *f, struct error *err);

#endif
