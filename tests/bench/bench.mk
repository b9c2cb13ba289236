# Benchmarks in C.
#
#   make bench-parse                     build $(B)/bench/parse
#   make bench-parse BENCH_FEEDS=FOLDER  and run it on the files of that folder

BENCH_FEEDS  ?=
BENCH_ROUNDS ?= 10

$(B)/bench/parse: $(B)/tests/bench/parse.o $(call lib,dedup parse base)
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	@$(CC) $(ALL_LDFLAGS) -o $@ $^ $(worker_libs)

.PHONY: bench-parse
bench-parse: $(B)/bench/parse
	$(if $(BENCH_FEEDS),$(B)/bench/parse $(BENCH_FEEDS) $(BENCH_ROUNDS))
