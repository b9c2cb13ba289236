# SPDX-License-Identifier: ISC
# Fuzzing: one libFuzzer program a module, the sources compiled anew with coverage and sanitizers.
#
#   make fuzz                    build all targets into $(B)/fuzz/
#   make fuzz-run                run each for FUZZ_SECONDS (30), two at a time; a finding ends with its reproducer's path
#   FUZZ_TOTAL=300 make fuzz-run so many seconds for all together
#   FUZZ_SEEDS=DIR make fuzz-run files of that folder are seeds for the feed target too
#   FUZZ_ONLY="html url"         only these targets
#
# The corpus grows in $(B)/fuzz/corpus from run to run.

FUZZ_CC       ?= clang
FUZZ_SECONDS  ?= 30
FUZZ_TOTAL    ?=
FUZZ_ONLY     ?=
FUZZ_SEEDS    ?=
FUZZ_RSS_MB   ?= 2048
FUZZ_FOLDERS  := $(ROOMS) cli
FUZZ_TARGETS  := $(sort $(patsubst tests/fuzz/%_fuzz.c,%,$(wildcard tests/fuzz/*_fuzz.c)))
FUZZ_PROGRAMS := $(addprefix $(B)/fuzz/,$(FUZZ_TARGETS))
FUZZ_SAN      := address,undefined
FUZZ_CFLAGS    = -std=c17 -O1 -g $(WARN) $(DEFS) $(BANNED) $(PATHS) -Iinclude -fno-sanitize-recover=all -fno-omit-frame-pointer \
                 $(shell $(PKG_CONFIG) --cflags-only-I $(PKGS_client) 2>/dev/null)
FUZZ_SRC      := $(foreach f,$(FUZZ_FOLDERS),$(call src,$(f)))
FUZZ_MADE     := $(foreach f,$(FUZZ_FOLDERS),$(MADE_$(f)))
FUZZ_OBJ      := $(FUZZ_SRC:%.c=$(B)/fuzz/obj/%.o) $(FUZZ_MADE:%.c=$(B)/fuzz/obj/%.o)
FUZZ_SEEDERS  := $(addprefix $(B)/fuzz/,wire_seed bytes_seed)

.PHONY: fuzz
fuzz: $(FUZZ_PROGRAMS) $(FUZZ_SEEDERS)

$(B)/fuzz/obj/%.o: %.c
	@mkdir -p $(@D)
	@echo "  FUZZ  $<"
	@$(FUZZ_CC) $(FUZZ_CFLAGS) -fsanitize=fuzzer-no-link,$(FUZZ_SAN) -MMD -MP -c -o $@ $<

$(FUZZ_MADE:%.c=$(B)/fuzz/obj/%.o): $(B)/fuzz/obj/%.o: $(B)/%.c
	@mkdir -p $(@D)
	@$(FUZZ_CC) $(FUZZ_CFLAGS) -fsanitize=fuzzer-no-link,$(FUZZ_SAN) -c -o $@ $<

$(B)/fuzz/obj/sitrep.a: $(FUZZ_OBJ)
	@rm -f $@
	@$(AR) rcs $@ $^

$(FUZZ_PROGRAMS): $(B)/fuzz/%: $(B)/fuzz/obj/tests/fuzz/%_fuzz.o $(B)/fuzz/obj/sitrep.a
	@echo "  LINK  $@"
	@$(FUZZ_CC) -fsanitize=fuzzer,$(FUZZ_SAN) -o $@ $^ $(client_libs)

# ordinary programs over the same objects; the sanitizers' runtime is the fuzzer's without its main()
$(FUZZ_SEEDERS): $(B)/fuzz/%: $(B)/fuzz/obj/tests/fuzz/%.o $(B)/fuzz/obj/sitrep.a
	@echo "  LINK  $@"
	@$(FUZZ_CC) -fsanitize=fuzzer-no-link,$(FUZZ_SAN) -o $@ $^ $(client_libs)

.PHONY: fuzz-run
fuzz-run: fuzz
	@/usr/bin/python3 tests/fuzz/run.py --programs $(B)/fuzz --seconds $(FUZZ_SECONDS) --rss-limit-mb $(FUZZ_RSS_MB) \
		$(if $(FUZZ_TOTAL),--total $(FUZZ_TOTAL)) $(if $(FUZZ_SEEDS),--seeds '$(FUZZ_SEEDS)') $(or $(FUZZ_ONLY),$(FUZZ_TARGETS))

-include $(FUZZ_OBJ:.o=.d) $(FUZZ_TARGETS:%=$(B)/fuzz/obj/tests/fuzz/%_fuzz.d) \
	$(FUZZ_SEEDERS:$(B)/fuzz/%=$(B)/fuzz/obj/tests/fuzz/%.d)
