# Benchmarks in C.
#
#   make bench-parse                     build $(B)/bench/parse
#   make bench-parse BENCH_FEEDS=FOLDER  and run it on the files of that folder
#   make bench-dedup                     cost of finding a story, by the number of items in the window
#   make bench-dedup BENCH_STREAM=ITEMS.jsonl BENCH_LABELS=LABELS.tsv
#                                        and how well stories are found, beside simpler methods

BENCH_FEEDS  ?=
BENCH_ROUNDS ?= 10

$(B)/bench/parse: $(B)/tests/bench/parse.o $(call lib,dedup parse base)
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	@$(CC) $(ALL_LDFLAGS) -o $@ $^ $(worker_libs)

.PHONY: bench-parse
bench-parse: $(B)/bench/parse
	$(if $(BENCH_FEEDS),$(B)/bench/parse $(BENCH_FEEDS) $(BENCH_ROUNDS))

BENCH_STREAM ?=
BENCH_LABELS ?=
BENCH_ITEMS  ?= 10000 100000
BENCH_FOLDER ?= $(B)/bench

$(B)/bench/dedup $(B)/bench/dedup_cost: $(B)/bench/%: $(B)/tests/bench/%.o $(call lib,store watch dedup parse config base)
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	@$(CC) $(ALL_LDFLAGS) -o $@ $^ $(client_libs)

.PHONY: bench-dedup
bench-dedup: $(B)/bench/dedup $(B)/bench/dedup_cost
	$(if $(BENCH_STREAM),$(B)/bench/dedup $(BENCH_STREAM) $(BENCH_LABELS))
	$(B)/bench/dedup_cost $(BENCH_FOLDER) $(BENCH_ITEMS)
