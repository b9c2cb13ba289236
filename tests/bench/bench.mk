# SPDX-License-Identifier: ISC
# Benchmarks beside `make bench`.

bench_link = @mkdir -p $(@D) && echo "  LINK  $@" && $(CC) $(ALL_LDFLAGS) -o $@ $^

#   make bench-parse                     build $(B)/bench/parse
#   make bench-parse BENCH_FEEDS=FOLDER  and run it on the files of that folder
#   make bench-many MANY_ARGS="--generator GEN.PY"   ten thousand feeds for ten minutes, in two rounds

#   make bench-dedup                     cost of finding a story, by the number of items in the window; reports with a
#                                        stock sentence, and leads of long articles
#   make bench-dedup BENCH_STREAM=ITEMS.jsonl BENCH_LABELS=LABELS.tsv
#                                        and how well stories are found, beside simpler methods

#   make bench-stall                     the longest turn of the main loop under each abuse, and how long others wait

# make bench-rules                       cost of matching rules and watch lists, beside a loop and, where it is installed
#                                        (Debian: libvectorscan-dev), Vectorscan
vectorscan := $(shell $(PKG_CONFIG) --exists libhs 2>/dev/null && echo yes)

$(B)/tests/bench/rules.o: private ALL_CFLAGS += $(if $(vectorscan),-DHAVE_VECTORSCAN $(shell $(PKG_CONFIG) --cflags libhs))
$(B)/bench/rules: $(B)/tests/bench/rules.o $(call lib,$(LIBS_rules))
	$(bench_link) $(client_libs) $(if $(vectorscan),$(shell $(PKG_CONFIG) --libs libhs))

.PHONY: bench-rules
bench-rules: $(B)/bench/rules
	$(B)/bench/rules

.PHONY: bench-stall
bench-stall: all
	@B=$(B) /usr/bin/python3 tests/bench/stall.py

# make bench-stream                      memory of 5,000 subscribers that never read; latency with 1,000, beside a bare writer
# make bench-stream STREAM_ARGS="--silent 500 --events 20000"
STREAM_ARGS ?=

$(B)/bench/stream: $(B)/tests/bench/stream.o $(call lib,$(LIBS_stream))
	$(bench_link) $(client_libs)

.PHONY: bench-stream
bench-stream: all $(B)/bench/stream
	@B=$(B) /usr/bin/python3 tests/bench/stream.py $(STREAM_ARGS)

BENCH_FEEDS  ?=
BENCH_ROUNDS ?= 10

$(B)/bench/parse: $(B)/tests/bench/parse.o $(call lib,$(LIBS_worker))
	$(bench_link) $(worker_libs)

.PHONY: bench-parse
bench-parse: $(B)/bench/parse
	$(if $(BENCH_FEEDS),$(B)/bench/parse $(BENCH_FEEDS) $(BENCH_ROUNDS))

# MANY_ARGS: --generator and whatever else tests/bench/many.py takes
.PHONY: bench-many
bench-many: all
	@B=$(B) /usr/bin/python3 tests/bench/many.py $(MANY_ARGS)

# make bench-freshness                    how soon news is seen for a given number of requests, against other rules
# make bench-freshness FRESHNESS_SEEDS="4 5 6" FRESHNESS_ARGS="500 60 30"
FRESHNESS_SEEDS ?= 1
FRESHNESS_ARGS  ?=

$(B)/bench/freshness: $(B)/tests/bench/freshness.o $(B)/tests/bench/freshness_traces.o $(call lib,$(LIBS_fetch))
	$(bench_link) $(client_libs)

# make bench-silence                      how soon the end of a feed is told, beside a detector that knows its rate
# make bench-silence SILENCE_ARGS="2 500 365"
SILENCE_ARGS ?=

$(B)/bench/silence: $(B)/tests/bench/silence.o $(B)/tests/bench/freshness_traces.o $(call lib,$(LIBS_schedule))
	$(bench_link) $(client_libs)

.PHONY: bench-silence
bench-silence: $(B)/bench/silence
	$(B)/bench/silence $(SILENCE_ARGS)

# make bench-burst                        false bursts and breaking stories, and how soon true ones are told
# make bench-burst BURST_ARGS="2 500 365"
BURST_ARGS ?=

$(B)/bench/burst: $(B)/tests/bench/burst.o $(B)/tests/bench/freshness_traces.o $(call lib,$(LIBS_ingest))
	$(bench_link) $(client_libs)

.PHONY: bench-burst
bench-burst: $(B)/bench/burst
	$(B)/bench/burst $(BURST_ARGS)

BENCH_STREAM ?=
BENCH_LABELS ?=
BENCH_ITEMS  ?= 10000 100000
BENCH_FOLDER ?= $(B)/bench

$(B)/bench/dedup $(B)/bench/dedup_cost $(B)/bench/dedup_made: $(B)/bench/%: $(B)/tests/bench/%.o $(call lib,$(LIBS_ingest))
	$(bench_link) $(client_libs)

.PHONY: bench-freshness
bench-freshness: $(B)/bench/freshness
	@set -e; for seed in $(FRESHNESS_SEEDS); do $(B)/bench/freshness $$seed $(FRESHNESS_ARGS); done

.PHONY: bench-dedup
bench-dedup: $(B)/bench/dedup $(B)/bench/dedup_cost $(B)/bench/dedup_made
	$(if $(BENCH_STREAM),$(B)/bench/dedup $(BENCH_STREAM) $(BENCH_LABELS))
	$(B)/bench/dedup_made
	$(B)/bench/dedup_cost $(BENCH_FOLDER) $(BENCH_ITEMS)

# make bench-events                       /events with a thousand readers: memory of each, latency, turns of the loop
# make bench-events EVENTS_ARGS="--readers 200"
EVENTS_ARGS ?=

.PHONY: bench-events
bench-events: all
	@B=$(B) /usr/bin/python3 tests/bench/events.py $(EVENTS_ARGS)

# make bench-search                      size of the search index, and time of searches, with 10,000 to 1,000,000 items, in
#                                        some 4 GB below $TMPDIR
# make bench-search SEARCH_ITEMS="10000 100000"
SEARCH_ITEMS ?=

$(B)/bench/search: $(B)/tests/bench/search.o $(call lib,$(LIBS_search))
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	@$(CC) $(ALL_LDFLAGS) -o $@ $^ $(client_libs)

.PHONY: bench-search
bench-search: $(B)/bench/search
	@folder=$$(mktemp -d) && { $(B)/bench/search $$folder $(SEARCH_ITEMS); status=$$?; rm -r $$folder; exit $$status; }

# make bench-http                         304 and 100 KB a second, beside nginx with the same bytes
# make bench-http HTTP_ARGS="--rounds 9 --seconds 5"
HTTP_ARGS ?=

.PHONY: bench-http
bench-http: all
	@B=$(B) /usr/bin/python3 tests/bench/answers.py $(HTTP_ARGS)
