# Benchmarks beside `make bench`.
#
#   make bench-parse                     build $(B)/bench/parse
#   make bench-parse BENCH_FEEDS=FOLDER  and run it on the files of that folder
#   make bench-many MANY_ARGS="--generator GEN.PY"   ten thousand feeds for ten minutes, in two rounds

BENCH_FEEDS  ?=
BENCH_ROUNDS ?= 10

$(B)/bench/parse: $(B)/tests/bench/parse.o $(call lib,dedup parse base)
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	@$(CC) $(ALL_LDFLAGS) -o $@ $^ $(worker_libs)

.PHONY: bench-parse
bench-parse: $(B)/bench/parse
	$(if $(BENCH_FEEDS),$(B)/bench/parse $(BENCH_FEEDS) $(BENCH_ROUNDS))

# MANY_ARGS: --generator and whatever else tests/bench/many.py takes
.PHONY: bench-many
bench-many: all
	@B=$(B) /usr/bin/python3 tests/bench/many.py $(MANY_ARGS)
