/* SPDX-License-Identifier: ISC */
/* config_value.h: one option's value: read from text, written back as text.
 *
 * config_value.c reads and config_value_write.c writes.  They know the types of option.h, and nothing about
 * configuration files. */
#ifndef SITREP_CONFIG_CONFIG_VALUE_H
#define SITREP_CONFIG_CONFIG_VALUE_H

#include "sitrep/base/arena.h"
#include "sitrep/base/buf.h"
#include "sitrep/base/str.h"
#include "sitrep/config/config.h"
#include "sitrep/config/option.h"

/* The layout of an OPTION_LIST in the structs of config.h: the list and its count, one after the other. */
struct config_words {
	const char **items;
	size_t count;
};

/* Reads value and puts it into owner (the struct that o->offset counts in); text lives in a.  0, -ENOMEM, or
 * -EINVAL with what was found and what was expected. */
int config_value_read(struct arena *a, void *owner, const struct config_option *o, struct str value,
	struct config_place place, struct error *err);

/* Writes the value as in a file, passwords in URLs left out; "" when it is absent. */
int config_value_write(struct buf *out, const void *owner, const struct config_option *o);

/* The most decimals of a fraction. */
enum { CONFIG_FRACTION_DECIMALS = 6 };

/* The log level that a word names; -1: none. */
int config_level_of(struct str word);

#endif
