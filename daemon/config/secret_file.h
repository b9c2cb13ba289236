/* SPDX-License-Identifier: ISC */
/* secret_file.h: reads a file that holds secrets.
 *
 * A relative path is looked for in $CREDENTIALS_DIRECTORY first.  A pipe in place of a file does not block. */
#ifndef SITREP_CONFIG_SECRET_FILE_H
#define SITREP_CONFIG_SECRET_FILE_H

#include "sitrep/base/buf.h"
#include "sitrep/base/error.h"
#include "sitrep/config/config.h"

/* Appends the file's bytes, up to out->max.  0, or a negative code with a sentence that names the file; out may then
 * hold a part. */
int secret_read(struct buf *out, const struct config_path *path, struct error *err);
/* Overwrites the bytes, and releases the buffer. */
void secret_wipe(struct buf *secret);

#endif
