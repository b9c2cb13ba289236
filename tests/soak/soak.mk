# SPDX-License-Identifier: ISC
# Weeks of work in minutes: 200 feeds every two seconds, all that reads, reloads and outages; see soak.py.
#
#   make soak                    ten minutes: fails on what grows, on ceilings, on an event missing or told twice
#   make soak SOAK_SECONDS=60    ceilings and events only: too short for slopes
#   SOAK_TRACE=FILE make soak    with all samples

SOAK_SECONDS ?= 600
SOAK_TRACE   ?=

.PHONY: soak
soak: all
	@B=$(B) /usr/bin/python3 tests/soak/soak.py --seconds $(SOAK_SECONDS) $(if $(SOAK_TRACE),--trace '$(SOAK_TRACE)')
