# SPDX-License-Identifier: ISC
# Real feeds through the running daemon, beside a count of our own; see hour.py.
#
#   make corpus CASES=FOLDER                    the corpus beside the conformance cases, twice
#   make hour CASES=FOLDER STORIES=FOLDER       it and the story streams for HOUR_MINUTES, with a SIGKILL in the middle
#   HOUR_RECORD=FILE make hour ...              keeps what was seen, for hour.py --judge

STORIES      ?=
HOUR_MINUTES ?= 5
HOUR_RECORD  ?=

.PHONY: corpus hour
corpus: all
	@B=$(B) /usr/bin/python3 tests/corpus/run.py $(CASES)

hour: all
	@B=$(B) /usr/bin/python3 tests/corpus/hour.py --corpus $(CASES) --stories $(STORIES) --minutes $(HOUR_MINUTES) \
		$(if $(HOUR_RECORD),--keep '$(HOUR_RECORD)')
