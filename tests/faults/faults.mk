# Preloaded libraries that make faults, or note what a fault would cost: tests/faults/NAME.c is $(B)/tests/faults/NAME.so.

FAULT_LIBS := $(patsubst %.c,$(B)/%.so,$(wildcard tests/faults/*.c))

$(B)/tests/faults/%.so: tests/faults/%.c $(B)/flags
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	@$(CC) -std=c17 -O1 -g $(WARN) $(DEFS) -fPIC -shared -Iinclude $(CFLAGS) -o $@ $< -pthread

build-tests: $(FAULT_LIBS)
