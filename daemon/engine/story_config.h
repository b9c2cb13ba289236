/* SPDX-License-Identifier: ISC */
/* story_config.h: the parameters of story_threshold.h, from the section [dedup] of the configuration.
 *
 * Options that the section leaves out keep their measured defaults; without the section the result is
 * story_params_default. */
#ifndef SITREP_ENGINE_STORY_CONFIG_H
#define SITREP_ENGINE_STORY_CONFIG_H

#include "sitrep/config/config.h"
#include "sitrep/story/story_threshold.h"

struct story_params story_config(const struct config *c);

#endif
