# SPDX-License-Identifier: ISC
# Weeks of work in minutes: 200 feeds every two seconds, all that reads, reloads and outages; see soak.py.
#
#   make soak                    ten minutes: fails on what grows, on ceilings, on an event missing or told twice
#   make soak SOAK_SECONDS=60    ceilings and events only: too short for slopes
#   SOAK_TRACE=FILE make soak    with all samples

#   make soak-stream             300 subscribers that come, go and resume, while the daemon is killed ten times
#   make soak-stream SOAK_SUBSCRIBERS=5000

SOAK_SECONDS ?= 600
SOAK_TRACE   ?=

.PHONY: soak
soak: all
	@B=$(B) /usr/bin/python3 tests/soak/soak.py --seconds $(SOAK_SECONDS) $(if $(SOAK_TRACE),--trace '$(SOAK_TRACE)')

SOAK_SUBSCRIBERS ?= 300

.PHONY: soak-stream
soak-stream: all
	@B=$(B) /usr/bin/python3 tests/soak/stream.py --subscribers $(SOAK_SUBSCRIBERS)
