# SPDX-License-Identifier: ISC
# Preloaded libraries that make faults, or note what a fault would cost: tests/faults/NAME.c is $(B)/tests/faults/NAME.so.

# The wrappers have a function for each name, so the names stay as they are.
PLAIN_NAMES := -U_FILE_OFFSET_BITS -U_TIME_BITS
FAULT_LIBS := $(patsubst %.c,$(B)/%.so,$(wildcard tests/faults/*.c))

$(B)/tests/faults/%.so: tests/faults/%.c $(B)/flags
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	@$(CC) -std=c17 -O1 -g $(WARN) $(DEFS) $(PLAIN_NAMES) $(BANNED) -fPIC -shared -fno-builtin -ftls-model=initial-exec -Iinclude $(CFLAGS) -o $@ $< -pthread -ldl

build-tests: $(FAULT_LIBS)

# Unit programs named *_faults_test.c have the wrappers of inject.c in themselves, in front of any sanitizer.
$(filter %_faults_test,$(UNIT)): $(B)/tests/faults/inject.o
$(B)/tests/faults/inject.o: SAN :=
$(B)/tests/faults/inject.o: ALL_CFLAGS += $(PLAIN_NAMES) -fno-builtin -fno-sanitize=all

# Every place in which a call can fail, in unit programs and in a whole daemon: about an hour.
.PHONY: check-faults
check-faults: build-tests
	@for t in $(filter %_faults_test,$(UNIT)); do FAULT_STRIDE=1 tests/unit/summary $$t || exit 1; done
	@B=$(B) /usr/bin/python3 tests/faults/run.py
