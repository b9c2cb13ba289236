/* SPDX-License-Identifier: ISC */
/* schema_steps.h: the steps from each version of the schema to the next. */
#ifndef SITREP_STORE_SCHEMA_STEPS_H
#define SITREP_STORE_SCHEMA_STEPS_H

#include "sitrep/store/store.h"

/* The SQL that leads from version n to n + 1; all steps run in the one transaction of the whole migration. */
extern const char *const schema_steps[STORE_SCHEMA_VERSION];

#endif
