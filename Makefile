# SPDX-License-Identifier: ISC
# sitrepd: build, run, check, install.
#
#   make                 the three programs in build/, manual pages, completion and a sample configuration
#   make run             make deps, build, start the daemon on etc/sitrepd.conf
#   make check           make deps, build, run all tests
#   make demo            the daemon against a bundled server of sample feeds, no network needed
#   make deps            say which packages are missing, and install them (FOR=build, check, lint)
#   make DEPS=no ...     the same without installing: missing packages are an error
#   make SANITIZE=1 ...  the same with ASan and UBSan, in build-sanitize/
#   make help            the rest

VERSION   := 0.2.0
prefix    ?= /usr/local
sysconfdir ?= $(if $(filter /usr,$(prefix)),/etc,$(prefix)/etc)
bindir    ?= $(prefix)/bin
sbindir   ?= $(prefix)/sbin
libexecdir ?= $(prefix)/libexec
datadir   ?= $(prefix)/share
mandir    ?= $(datadir)/man
docdir    ?= $(datadir)/doc/sitrepd
bashdir   ?= $(datadir)/bash-completion/completions
zshdir    ?= $(datadir)/zsh/site-functions
fishdir   ?= $(datadir)/fish/vendor_completions.d
unitdir   ?= $(prefix)/lib/systemd/system
sysusersdir ?= $(prefix)/lib/sysusers.d
DESTDIR   ?=

CC        ?= cc
AR        ?= ar
PKG_CONFIG ?= pkg-config
INSTALL   ?= install

SANITIZE  ?=
JOBS      ?= $(shell nproc)
# all processors, unless whoever called said how many
parallel   = $(if $(findstring -j,$(MAKEFLAGS)),,-j$(JOBS))
comma     := ,
B         ?= build$(if $(SANITIZE),-sanitize)

# ---- the rooms of the house, each with what it may use: itself and the rooms before it.  The order of linking holds it
# for calls, scripts/check-rooms for includes.

ROOMS := base text model parse identity rules config worker sql story store ingest schedule fetch websub publish stream engine
below :=
$(foreach room,$(ROOMS),$(eval below := $(room) $(below))$(eval LIBS_$(room) := $(below)))
LIBS_cli := cli $(LIBS_fetch)

PKGS_daemon := libcurl libxml-2.0 libevent_core libevent_pthreads sqlite3 libmicrohttpd jansson libcrypto libpsl libutf8proc zlib libseccomp
PKGS_worker := libxml-2.0 jansson libcrypto libutf8proc libseccomp
PKGS_client := $(PKGS_daemon) smartcols

# ---- flags

WARN    := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
           -Wwrite-strings -Wundef -Wformat=2 -Wswitch-enum -Wvla
HARDEN  := -fstack-protector-strong -fPIE -fno-plt $(if $(SANITIZE),,-D_FORTIFY_SOURCE=2)
OPT     ?= $(if $(SANITIZE),-O1 -g,-O2 -g)
SAN     := $(if $(SANITIZE),-fsanitize=address$(comma)undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
DEFS    := -D_GNU_SOURCE -DSITREP_VERSION='"$(VERSION)"'
# where things are installed, for the sources that name it
PATHS   := -DSITREP_LIBEXECDIR='"$(libexecdir)/sitrep"' -DSITREP_SYSCONFDIR='"$(sysconfdir)/sitrepd"'
CFLAGS  ?=
ALL_CFLAGS  = -std=c17 $(OPT) $(WARN) $(HARDEN) $(SAN) $(DEFS) -Iinclude \
              $(shell $(PKG_CONFIG) --cflags-only-I $(PKGS_client) cmocka 2>/dev/null) $(CFLAGS)
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now -Wl,--as-needed -pthread $(SAN) $(LDFLAGS)

daemon_libs = $(shell $(PKG_CONFIG) --libs $(PKGS_daemon)) -lm
worker_libs = $(shell $(PKG_CONFIG) --libs $(PKGS_worker))
client_libs = $(shell $(PKG_CONFIG) --libs $(PKGS_client)) -lm

# ---- files

# the worker and the client have a main() of their own
src = $(filter-out daemon/worker/worker.c daemon/cli/main.c,$(sort $(wildcard daemon/$(1)/*.c)))
obj = $(patsubst %.c,$(B)/%.o,$(call src,$(1)))
lib = $(foreach f,$(1),$(B)/lib/$(f).a)

MANUALS  := $(patsubst man/%.in,$(B)/man/%,$(sort $(wildcard man/*.in)))
SAMPLE   := $(B)/sitrepd.conf.sample
COMPLETE := $(foreach s,bash zsh fish,$(B)/completion/$(s)/sitrep $(B)/completion/$(s)/sitrepd)
TEXTS    := $(MANUALS) $(SAMPLE) $(COMPLETE)
DESCRIBE := $(B)/describe
PROGRAMS := $(B)/sitrepd $(B)/sitrep-parse $(B)/sitrep
UNIT_SRC := $(sort $(wildcard tests/unit/*/*_test.c))
UNIT     := $(patsubst %.c,$(B)/%,$(UNIT_SRC))
ADAPTER  := $(B)/tests/conformance-adapter
PROPERTY := $(B)/tests/publish-property
HOSTILE  := $(B)/tests/hostile-worker

.PHONY: all
all: $(PROGRAMS) $(TEXTS)

# ---- rules

$(B)/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	@echo "  CC    $<"
	@$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# calls that the daemon does without
BANNED := -include daemon/base/banned.h
$(B)/daemon/%.o: private ALL_CFLAGS += $(BANNED)

PATHS_OBJ := $(B)/daemon/main.o $(B)/daemon/base/paths.o $(B)/daemon/config/command_line.o
$(PATHS_OBJ): private ALL_CFLAGS += $(PATHS)
$(PATHS_OBJ): $(B)/paths
$(B)/paths: FORCE
	@mkdir -p $(B)
	@echo '$(PATHS)' | cmp -s - $@ || echo '$(PATHS)' > $@

# rebuilt whenever compiler or flags change, so that no object is left over from another build
$(B)/flags: FORCE
	@mkdir -p $(B)
	@echo '$(CC) $(ALL_CFLAGS)' | cmp -s - $@ || echo '$(CC) $(ALL_CFLAGS)' > $@
.PHONY: FORCE

define folder_rules
$(B)/lib/$(1).a: $(call obj,$(1))
	@mkdir -p $$(@D)
	@rm -f $$@
	@$(AR) rcs $$@ $$^

$(patsubst %.c,$(B)/%,$(wildcard tests/unit/$(1)/*_test.c)): $(B)/%: $(B)/%.o $(B)/tests/unit/test.o $(call lib,$(LIBS_$(1)))
	@echo "  LINK  $$@"
	@$(CC) $$(ALL_LDFLAGS) -o $$@ $$^ $$(client_libs) $$(shell $(PKG_CONFIG) --libs cmocka)
endef
$(foreach f,$(ROOMS) cli,$(eval $(call folder_rules,$(f))))

$(B)/sitrepd: $(B)/daemon/main.o $(call lib,$(LIBS_engine))
	@echo "  LINK  $@"
	@$(CC) $(ALL_LDFLAGS) -o $@ $^ $(daemon_libs)

$(B)/sitrep-parse: $(B)/daemon/worker/worker.o $(call lib,$(LIBS_worker))
	@echo "  LINK  $@"
	@$(CC) $(ALL_LDFLAGS) -o $@ $^ $(worker_libs)

$(B)/sitrep: $(B)/daemon/cli/main.o $(call lib,$(LIBS_cli))
	@echo "  LINK  $@"
	@$(CC) $(ALL_LDFLAGS) -o $@ $^ $(client_libs)

# writes the texts that come from the tables of the code
$(DESCRIBE): $(call obj,describe) $(call lib,cli $(LIBS_publish))
	@echo "  LINK  $@"
	@$(CC) $(ALL_LDFLAGS) -o $@ $^ $(client_libs)

$(MANUALS): $(B)/man/%: man/%.in $(DESCRIBE)
	@mkdir -p $(@D)
	@echo "  TEXT  $@"
	@$(DESCRIBE) manual $< > $@.$$$$ && mv $@.$$$$ $@

$(COMPLETE): $(DESCRIBE)
	@mkdir -p $(@D)
	@echo "  TEXT  $@"
	@$(DESCRIBE) completion $(@F) $(notdir $(@D:/=)) > $@.$$$$ && mv $@.$$$$ $@

$(SAMPLE): $(B)/sitrepd
	@echo "  TEXT  $@"
	@$(B)/sitrepd --sample-config > $@.$$$$ && mv $@.$$$$ $@

$(ADAPTER): $(B)/tests/conformance/adapter.o $(call lib,$(LIBS_worker))
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	@$(CC) $(ALL_LDFLAGS) -o $@ $^ $(worker_libs)

# a parse worker that lies, for the system tests
$(HOSTILE): $(B)/tests/hostile/worker.o $(call lib,$(LIBS_worker))
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	@$(CC) $(ALL_LDFLAGS) -o $@ $^ $(worker_libs)

$(PROPERTY): $(B)/tests/conformance/publish_property.o $(B)/tests/conformance/reader_view.o $(call lib,$(LIBS_publish))
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	@$(CC) $(ALL_LDFLAGS) -o $@ $^ $(client_libs)

-include $(shell find $(B) -name '*.d' 2>/dev/null)

# the pool is tested with the real worker
$(B)/tests/unit/worker/pool_test: | $(B)/sitrep-parse

# ---- run

# State in the user's own folder, as the XDG base directory specification has it.
RUN_DIR ?= $(or $(XDG_STATE_HOME),$(HOME)/.local/state)/sitrepd
CONF    ?= etc/sitrepd.conf

.PHONY: run
run: deps-build
	@$(MAKE) --no-print-directory $(parallel) all
	@mkdir -p -m 700 $(RUN_DIR)
	RUNTIME_DIRECTORY=$(RUN_DIR) $(B)/sitrepd -c $(CONF) --state-dir $(RUN_DIR)

.PHONY: demo
demo: deps-build
	@$(MAKE) --no-print-directory $(parallel) all
	@B=$(B) /usr/bin/python3 scripts/demo

# Debian packages.  The script tells which are missing before it installs them, and does nothing when all are there.
FOR  ?= check
DEPS ?= yes
.PHONY: deps deps-build deps-check
deps:
	@DEPS=$(DEPS) scripts/install-packages $(FOR)
deps-build:
	@DEPS=$(DEPS) scripts/install-packages build
deps-check:
	@DEPS=$(DEPS) scripts/install-packages check

# ---- test

.PHONY: check
check: deps-check
	@$(MAKE) --no-print-directory $(parallel) build-tests
	@$(MAKE) --no-print-directory check-installed

# System tests mostly wait for sockets and timers, so several run at one time on each processor.
TESTS_AT_ONCE ?= $(shell expr $(JOBS) + 2)

# what check runs once everything it needs is there
.PHONY: build-tests
build-tests: all $(UNIT) $(ADAPTER) $(PROPERTY) $(HOSTILE)

.PHONY: check-installed
check-installed: build-tests
	@printf '%s\n' $(UNIT) | xargs -P $(JOBS) -I@ tests/unit/summary @
	@B=$(B) tests/conformance/own
	@$(PROPERTY) --rounds 200 tests/samples/*
	@$(MAKE) --no-print-directory system

# What takes too long for .ci/run, before a release: one line each, the longest last.  With CASES, a folder of
# conformance cases and their corpus, and STORIES, a folder of story streams, also these.
.PHONY: check-all
check-all:
	@$(MAKE) --no-print-directory check
	@$(if $(CASES),$(MAKE) --no-print-directory conformance corpus)
	@$(if $(and $(CASES),$(STORIES)),$(MAKE) --no-print-directory hour)
	@$(MAKE) --no-print-directory fuzz-run FUZZ_SECONDS=180
	@$(MAKE) --no-print-directory soak
	@$(MAKE) --no-print-directory check-faults

.PHONY: unit
unit: $(UNIT)
	@printf '%s\n' $(UNIT) | xargs -P $(JOBS) -I@ tests/unit/summary @

.PHONY: system
system: build-tests
	@B=$(B) /usr/bin/python3 -m pytest -q -p no:cacheprovider -n $(TESTS_AT_ONCE) tests/system tests/browser

# tests/conformance/cases
.PHONY: own-cases
own-cases: $(ADAPTER)
	@B=$(B) tests/conformance/own

# CASES is a folder of conformance cases with their scorer
.PHONY: conformance
conformance: $(ADAPTER)
	@B=$(B) tests/conformance/run $(CASES)

# FEEDS are mutated, parsed and published; with SCHEMA, the Atom must pass it
ROUNDS ?= 20
.PHONY: property
property: $(PROPERTY)
	@$(PROPERTY) $(if $(SCHEMA),--schema $(SCHEMA)) --rounds $(ROUNDS) $(FEEDS)

# CORPUS_GENERATOR and FLOOR are a generator of feeds and a C program to compare with
.PHONY: bench
bench: all
	@B=$(B) /usr/bin/python3 tests/bench/stall.py
	@B=$(B) /usr/bin/python3 tests/bench/update.py $(BENCH_ARGS)

.PHONY: format lint
format:
	clang-format -i $(shell git ls-files '*.c' '*.h')

# clang-tidy says on stderr how many findings in the system's headers it keeps to itself
lint:
	/usr/bin/python3 scripts/check-rooms
	/usr/bin/python3 scripts/check-paths
	/usr/bin/python3 scripts/check-exports
	clang-format --dry-run -Werror $(shell git ls-files '*.c' '*.h')
	@echo clang-tidy daemon include
	@git ls-files 'daemon/*.c' | \
		xargs -P $(JOBS) -I@ clang-tidy --quiet @ -- $(filter-out -fno-plt,$(ALL_CFLAGS)) $(BANNED) $(PATHS) 2>/dev/null

-include tests/fuzz/fuzz.mk tests/bench/bench.mk tests/faults/faults.mk tests/soak/soak.mk tests/corpus/corpus.mk

# ---- install

SUBSTITUTE = sed -e 's|@sbindir@|$(sbindir)|g' -e 's|@bindir@|$(bindir)|g' -e 's|@sysconfdir@|$(sysconfdir)/sitrepd|g'
ETC_FILES  = $(patsubst etc/%,%,$(wildcard etc/*.conf etc/*/*.conf))
UNITS      = sitrepd.service sitrepd-http.socket sitrepd-stream.socket

.PHONY: install
install: all
	$(INSTALL) -d $(DESTDIR)$(sbindir) $(DESTDIR)$(bindir) $(DESTDIR)$(libexecdir)/sitrep
	$(INSTALL) -m 755 $(B)/sitrepd $(DESTDIR)$(sbindir)/sitrepd
	$(INSTALL) -m 755 $(B)/sitrep $(DESTDIR)$(bindir)/sitrep
	$(INSTALL) -m 755 $(B)/sitrep-parse $(DESTDIR)$(libexecdir)/sitrep/sitrep-parse
	set -e; for f in $(ETC_FILES); do \
		$(INSTALL) -d $(DESTDIR)$(sysconfdir)/sitrepd/$$(dirname $$f); \
		if [ -e $(DESTDIR)$(sysconfdir)/sitrepd/$$f ]; then \
			$(INSTALL) -m 644 etc/$$f $(DESTDIR)$(sysconfdir)/sitrepd/$$f.new; \
			cmp -s etc/$$f $(DESTDIR)$(sysconfdir)/sitrepd/$$f && rm $(DESTDIR)$(sysconfdir)/sitrepd/$$f.new || \
				echo "kept $(sysconfdir)/sitrepd/$$f, the new one is beside it"; \
		else \
			$(INSTALL) -m 644 etc/$$f $(DESTDIR)$(sysconfdir)/sitrepd/$$f; \
		fi; \
	done
	$(INSTALL) -d $(DESTDIR)$(unitdir) $(DESTDIR)$(sysusersdir)
	set -e; for f in $(UNITS); do $(SUBSTITUTE) systemd/$$f > $(B)/$$f; $(INSTALL) -m 644 $(B)/$$f $(DESTDIR)$(unitdir)/$$f; done
	$(INSTALL) -m 644 systemd/sitrepd.sysusers $(DESTDIR)$(sysusersdir)/sitrepd.conf
	$(INSTALL) -d $(DESTDIR)$(mandir)/man1 $(DESTDIR)$(mandir)/man5 $(DESTDIR)$(mandir)/man7 $(DESTDIR)$(mandir)/man8
	set -e; for f in $(MANUALS); do $(INSTALL) -m 644 $$f $(DESTDIR)$(mandir)/man$${f##*.}/; done
	$(INSTALL) -d $(DESTDIR)$(bashdir) $(DESTDIR)$(zshdir) $(DESTDIR)$(fishdir)
	set -e; for p in sitrep sitrepd; do \
		$(INSTALL) -m 644 $(B)/completion/bash/$$p $(DESTDIR)$(bashdir)/$$p; \
		$(INSTALL) -m 644 $(B)/completion/zsh/$$p $(DESTDIR)$(zshdir)/_$$p; \
		$(INSTALL) -m 644 $(B)/completion/fish/$$p $(DESTDIR)$(fishdir)/$$p.fish; \
	done
	$(INSTALL) -d $(DESTDIR)$(docdir)
	$(INSTALL) -m 644 $(SAMPLE) $(DESTDIR)$(docdir)/

# the configuration and the state stay
.PHONY: uninstall
uninstall:
	rm -f $(DESTDIR)$(sbindir)/sitrepd $(DESTDIR)$(bindir)/sitrep $(DESTDIR)$(libexecdir)/sitrep/sitrep-parse
	-rmdir $(DESTDIR)$(libexecdir)/sitrep
	rm -f $(foreach f,$(UNITS),$(DESTDIR)$(unitdir)/$(f)) $(DESTDIR)$(sysusersdir)/sitrepd.conf
	rm -f $(foreach f,$(MANUALS),$(DESTDIR)$(mandir)/man$(patsubst .%,%,$(suffix $(f)))/$(notdir $(f)))
	rm -f $(foreach p,sitrep sitrepd,$(DESTDIR)$(bashdir)/$(p) $(DESTDIR)$(zshdir)/_$(p) $(DESTDIR)$(fishdir)/$(p).fish)
	rm -f $(DESTDIR)$(docdir)/$(notdir $(SAMPLE))
	-rmdir $(DESTDIR)$(docdir)

.PHONY: dist
dist:
	@mkdir -p dist
	git archive --format=tar.gz --prefix=sitrepd-$(VERSION)/ -o dist/sitrepd-$(VERSION).tar.gz HEAD
	@echo dist/sitrepd-$(VERSION).tar.gz

.PHONY: clean
clean:
	rm -rf build build-sanitize dist

.PHONY: help
help:
	@sed -n 's/^#   //p' Makefile | head -20
	@echo 'make unit, system, own-cases, conformance, corpus, hour, fuzz-run, soak, check-all, bench, lint, install, uninstall, dist, clean'
