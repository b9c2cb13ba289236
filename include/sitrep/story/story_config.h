/* story_config.h: the rule of stories as the operator has set it.
 *
 * The section [dedup] of the configuration, as the parameters that story_rule.h wants.  What the section does not
 * name stays as it was measured; a configuration without the section gives story_params_default exactly. */
#ifndef SITREP_STORY_STORY_CONFIG_H
#define SITREP_STORY_STORY_CONFIG_H

#include "sitrep/config/config.h"
#include "sitrep/story/story_rule.h"

struct story_params story_config(const struct config *c);

#endif
