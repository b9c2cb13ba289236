# SPDX-License-Identifier: ISC
# sitrepd: build, run, check, install.
#
#   make                 the three programs and libsitrep in build/, manual pages, completion and a sample configuration
#   make run             make deps, build, start the daemon on etc/sitrepd.conf
#   make check           make deps, build, run all tests
#   make demo            the daemon against a bundled server of sample feeds, no network needed
#   make deps            name the missing packages, and install them (FOR=build, demo, check, lint, deb, systemd, examples)
#   make DEPS=no ...     the same without installing: missing packages are an error
#   make SANITIZE=1 ...  the same with ASan and UBSan, in build-sanitize/
#   make help            the rest

VERSION   := 0.2.0
prefix    ?= /usr/local
sysconfdir ?= $(if $(filter /usr,$(prefix)),/etc,$(prefix)/etc)
bindir    ?= $(prefix)/bin
sbindir   ?= $(prefix)/sbin
libexecdir ?= $(prefix)/libexec
libdir    ?= $(prefix)/lib
includedir ?= $(prefix)/include
pkgconfigdir ?= $(libdir)/pkgconfig
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
OBJCOPY   ?= objcopy
PKG_CONFIG ?= pkg-config
INSTALL   ?= install

SANITIZE  ?=
JOBS      ?= $(shell nproc)
# all processors, unless the caller gave -j
parallel   = $(if $(findstring -j,$(MAKEFLAGS)),,-j$(JOBS))
comma     := ,
B         ?= build$(if $(SANITIZE),-sanitize)

# ---- the rooms of the house, each with what it may use: itself and the rooms before it.  The order of linking holds it
# for calls, scripts/check-rooms for includes.

ROOMS := base client text model parse identity rules config worker sql story store search filter ingest schedule fetch websub pages publish stream engine
below :=
$(foreach room,$(ROOMS),$(eval below := $(room) $(below))$(eval LIBS_$(room) := $(below)))
LIBS_cli := cli $(LIBS_fetch)

PKGS_daemon := libcurl libxml-2.0 libevent_core libevent_pthreads sqlite3 libmicrohttpd jansson nettle libssl libcrypto libpsl libutf8proc libpcre2-8 zlib libseccomp libxcrypt
# BROTLI=no and ZSTD=no leave these codings of answers out, also where the libraries are there
OPTIONAL = $(if $(filter no,$(2)),,$(shell $(PKG_CONFIG) --exists $(1) 2>/dev/null && echo $(1)))
BROTLI  ?= yes
ZSTD    ?= yes
PKG_brotli := $(call OPTIONAL,libbrotlienc,$(BROTLI))
PKG_zstd   := $(call OPTIONAL,libzstd,$(ZSTD))
PKGS_daemon += $(PKG_brotli) $(PKG_zstd)
PKGS_worker := libxml-2.0 jansson nettle libutf8proc libpcre2-8 libseccomp
PKGS_client := $(PKGS_daemon) ncursesw

# ---- flags

WARN    := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
           -Wwrite-strings -Wundef -Wformat=2 -Wswitch-enum -Wvla
# as Debian's packages are built; -fcf-protection and -mbranch-protection exist on one kind of processor each
MACHINE := $(shell $(CC) -dumpmachine)
HARDEN  := -fstack-protector-strong -fstack-clash-protection -Werror=format-security -fPIE -fno-plt \
           $(if $(filter x86_64-%,$(MACHINE)),-fcf-protection) \
           $(if $(filter aarch64-%,$(MACHINE)),-mbranch-protection=standard) $(if $(SANITIZE),,-D_FORTIFY_SOURCE=2)
OPT     ?= $(if $(SANITIZE),-O1 -g,-O2 -g)
SAN     := $(if $(SANITIZE),-fsanitize=address$(comma)undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
# calls that neither the daemon nor its tests may make
BANNED  := -include daemon/base/banned.h
# A database may be larger than 2 GiB where a word has 32 bits too.
DEFS    := -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DSITREP_VERSION='"$(VERSION)"'
# folders of the installation, for the sources that name them
PATHS   := -DSITREP_LIBEXECDIR='"$(libexecdir)/sitrep"' -DSITREP_SYSCONFDIR='"$(sysconfdir)/sitrepd"'
CFLAGS  ?=
# cmocka is asked for by itself, since only tests need it: pkg-config prints nothing when one of its packages is missing
INCLUDES := $(shell $(PKG_CONFIG) --cflags-only-I $(PKGS_client) 2>/dev/null) $(shell $(PKG_CONFIG) --cflags-only-I cmocka 2>/dev/null)
# the programs are the same bytes whatever the folder and the time of the build
ALL_CFLAGS  = -std=c17 $(OPT) $(WARN) -Wdate-time $(HARDEN) $(SAN) '-ffile-prefix-map=$(CURDIR)=.' $(DEFS) -Iinclude \
              $(INCLUDES) $(CPPFLAGS) $(CFLAGS) $(BANNED)
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now -Wl,--as-needed -pthread $(SAN) $(LDFLAGS)

daemon_libs = $(shell $(PKG_CONFIG) --libs $(PKGS_daemon)) -lm
worker_libs = $(shell $(PKG_CONFIG) --libs $(PKGS_worker))
client_libs = $(shell $(PKG_CONFIG) --libs $(PKGS_client)) -lm

# ---- files

# the worker and the client have a main() of their own
# and a build without a library leaves the file out that needs it
LEFT_OUT := $(if $(PKG_brotli),,daemon/publish/compression_brotli.c) $(if $(PKG_zstd),,daemon/publish/compression_zstd.c)
src = $(filter-out daemon/worker/worker.c daemon/cli/main.c $(LEFT_OUT),$(sort $(wildcard daemon/$(1)/*.c)))
obj = $(patsubst %.c,$(B)/%.o,$(call src,$(1)) $(MADE_$(1)))
lib = $(foreach f,$(1),$(B)/lib/$(f).a)
# sources that the build makes, in $(B)
MADE_pages := daemon/pages/asset_data.c

MANUALS  := $(patsubst man/%.in,$(B)/man/%,$(sort $(wildcard man/*.in)))
SAMPLE   := $(B)/sitrepd.conf.sample
COMPLETE := $(foreach s,bash zsh fish,$(B)/completion/$(s)/sitrep $(B)/completion/$(s)/sitrepd)
# The client's library, with what it uses of base.  ABI is raised when a released function changes or goes.
ABI      := 0
LIBRARY  := $(B)/libsitrep.so.$(ABI) $(B)/libsitrep.a $(B)/libsitrep.pc
LIB_SRC  := $(call src,client) $(foreach f,arena buf clock error pages paths str utf8,daemon/base/$(f).c)
LIB_OBJ  := $(LIB_SRC:%.c=$(B)/pic/%.o)
TEXTS    := $(MANUALS) $(SAMPLE) $(COMPLETE)
DESCRIBE := $(B)/describe
PROGRAMS := $(B)/sitrepd $(B)/sitrep-parse $(B)/sitrep
UNIT_SRC := $(sort $(wildcard tests/unit/*/*_test.c))
UNIT     := $(patsubst %.c,$(B)/%,$(UNIT_SRC))
ADAPTER  := $(B)/tests/conformance-adapter
PROPERTY := $(B)/tests/publish-property
HOSTILE  := $(B)/tests/hostile-worker

.PHONY: all
all: $(PROGRAMS) $(LIBRARY) $(TEXTS)

# ---- rules

$(B)/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	@echo "  CC    $<"
	@$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(B)/pic/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	@echo "  PIC   $<"
	@$(CC) $(ALL_CFLAGS) -fPIC -ffunction-sections -fdata-sections -MMD -MP -c -o $@ $<

# Our clock goes on after January 2038 where time_t has 32 bits.  The other files have the time_t of the libraries they
# call, above all libevent, whose timers take a struct timeval.
$(B)/daemon/base/clock.o $(B)/pic/daemon/base/clock.o $(B)/tests/unit/base/clock_test.o: private ALL_CFLAGS += -D_TIME_BITS=64

# This test runs a command that an error message suggests, with system(3), which is banned elsewhere.
$(B)/tests/unit/store/file_access_test.o: private BANNED :=

PATHS_OBJ := $(B)/daemon/main.o $(B)/daemon/base/paths.o $(B)/pic/daemon/base/paths.o $(B)/daemon/config/command_line.o
$(PATHS_OBJ): private ALL_CFLAGS += $(PATHS)
$(PATHS_OBJ): $(B)/paths
$(B)/paths: FORCE
	@mkdir -p $(B)
	@echo '$(PATHS)' | cmp -s - $@ || echo '$(PATHS)' > $@

$(B)/daemon/publish/compression.o: private ALL_CFLAGS += $(if $(PKG_brotli),-DSITREP_BROTLI) $(if $(PKG_zstd),-DSITREP_ZSTD)
$(B)/daemon/publish/compression.o: $(B)/codings
$(B)/codings: FORCE
	@mkdir -p $(B)
	@echo '$(PKG_brotli) $(PKG_zstd)' | cmp -s - $@ || echo '$(PKG_brotli) $(PKG_zstd)' > $@

# rebuilt whenever compiler or flags change, so that no object is left over from another build
$(B)/flags: FORCE
	@mkdir -p $(B)
	@echo '$(CC) $(ALL_CFLAGS)' | cmp -s - $@ || echo '$(CC) $(ALL_CFLAGS)' > $@
.PHONY: FORCE

# the files that pages load
ASSETS := style=daemon/pages/style.css script=daemon/pages/sitrepd.js icon=daemon/pages/icon.svg
$(B)/daemon/pages/asset_data.c: scripts/embed $(foreach a,$(ASSETS),$(lastword $(subst =, ,$(a))))
	@mkdir -p $(@D)
	@echo "  EMBED $@"
	@scripts/embed $(ASSETS) > $@.$$$$ && mv $@.$$$$ $@

$(B)/daemon/pages/asset_data.o: $(B)/daemon/pages/asset_data.c $(B)/flags
	@echo "  CC    $<"
	@$(CC) $(ALL_CFLAGS) -c -o $@ $<

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
# this test prepares the SQL of all modules, also of those that no test calls
$(B)/tests/unit/ingest/schema_test: private ALL_LDFLAGS += -Wl,--whole-archive $(call lib,story store ingest) -Wl,--no-whole-archive
# these tests bound processor time, by a clock that counts work
$(B)/tests/unit/stream/stream_test $(B)/tests/unit/stream/stream_filters_test $(B)/tests/unit/publish/publish_turns_test: private ALL_LDFLAGS += -Wl,--wrap=clock_thread_cpu_us
$(B)/tests/unit/stream/stream_test $(B)/tests/unit/stream/stream_filters_test: private ALL_LDFLAGS += -Wl,--wrap=clock_mono_us
# pages tell the time, which stands still in this test
$(B)/tests/unit/publish/publish_faults_test: private ALL_LDFLAGS += -Wl,--wrap=clock_wall_ms

$(B)/sitrepd: $(B)/daemon/main.o $(call lib,$(LIBS_engine))
	@echo "  LINK  $@"
	@$(CC) $(ALL_LDFLAGS) -o $@ $^ $(daemon_libs)

$(B)/sitrep-parse: $(B)/daemon/worker/worker.o $(call lib,$(LIBS_worker))
	@echo "  LINK  $@"
	@$(CC) $(ALL_LDFLAGS) -o $@ $^ $(worker_libs)

$(B)/sitrep: $(B)/daemon/cli/main.o $(call lib,$(LIBS_cli))
	@echo "  LINK  $@"
	@$(CC) $(ALL_LDFLAGS) -o $@ $^ $(client_libs)

$(B)/libsitrep.so.$(ABI): $(LIB_OBJ) daemon/client/libsitrep.map
	@echo "  LINK  $@"
	@$(CC) $(filter-out -pie,$(ALL_LDFLAGS)) -shared -Wl,-soname,$(@F) -Wl,--version-script=daemon/client/libsitrep.map \
		-Wl,--gc-sections -Wl,-z,defs -o $@ $(LIB_OBJ)
	@ln -sf $(@F) $(B)/libsitrep.so

# one object, whose other names cannot meet those of a program
$(B)/libsitrep.a: $(LIB_OBJ)
	@$(CC) -r -nostdlib -o $(B)/pic/sitrep.o $^
	@$(OBJCOPY) --wildcard --keep-global-symbol='sitrep_*' $(B)/pic/sitrep.o
	@rm -f $@
	@$(AR) rcs $@ $(B)/pic/sitrep.o

$(B)/libsitrep.pc: daemon/client/libsitrep.pc.in FORCE
	@mkdir -p $(B)
	@$(SUBSTITUTE) $< | cmp -s - $@ || $(SUBSTITUTE) $< > $@

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

# a parse worker that sends wrong answers, for the system tests
$(HOSTILE): $(B)/tests/hostile/worker.o $(call lib,$(LIBS_worker))
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	@$(CC) $(ALL_LDFLAGS) -o $@ $^ $(worker_libs)

$(PROPERTY): $(B)/tests/conformance/publish_property.o $(B)/tests/conformance/reader_view.o $(call lib,$(LIBS_publish))
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	@$(CC) $(ALL_LDFLAGS) -o $@ $^ $(client_libs)

-include $(shell find $(B)/daemon $(B)/pic $(B)/tests -name '*.d' 2>/dev/null)

# the pool is tested with the real worker
$(B)/tests/unit/worker/pool_test: | $(B)/sitrep-parse

# ---- run

# State in the user's own folder, as the XDG base directory specification has it.
RUN_DIR ?= $(or $(XDG_STATE_HOME),$(HOME)/.local/state)/sitrepd
CONF    ?= etc/sitrepd.conf

.PHONY: run
run: deps-build
	@$(MAKE) --no-print-directory $(parallel) all
	@mkdir -p -m 700 "$(RUN_DIR)"
	RUNTIME_DIRECTORY="$(RUN_DIR)" $(B)/sitrepd -c "$(CONF)" --state-dir "$(RUN_DIR)"

.PHONY: demo
demo: deps-demo
	@$(MAKE) --no-print-directory $(parallel) all
	@B=$(B) /usr/bin/python3 scripts/demo

# Debian packages.  The script names the missing ones before it installs them, and does nothing when none is missing.
FOR  ?= check
DEPS ?= yes
.PHONY: deps deps-build deps-demo deps-check
deps:
	@DEPS=$(DEPS) scripts/install-packages $(FOR)
deps-build:
	@DEPS=$(DEPS) scripts/install-packages build
deps-demo:
	@DEPS=$(DEPS) scripts/install-packages demo
deps-check:
	@DEPS=$(DEPS) scripts/install-packages check

# ---- test

.PHONY: check
check: deps-check
	@$(MAKE) --no-print-directory $(parallel) build-tests
	@$(MAKE) --no-print-directory check-installed

# System tests mostly wait for sockets and timers, so several run at one time on each processor.
TESTS_AT_ONCE ?= $(shell expr $(JOBS) + 2)

# all programs of the tests
.PHONY: build-tests
build-tests: all $(UNIT) $(ADAPTER) $(PROPERTY) $(HOSTILE)

.PHONY: check-installed
check-installed: build-tests
	@printf '%s\n' $(UNIT) | xargs -P $(JOBS) -I@ tests/unit/summary @
	@B=$(B) tests/conformance/own
	@$(PROPERTY) --rounds 200 tests/samples/*
	@$(MAKE) --no-print-directory system

# All checks, also those that take too long for .ci/run: to be run before a release.  The longest come last.  With CASES,
# a folder of conformance cases and their corpus, and STORIES, a folder of story streams, also the checks of these.
.PHONY: check-all
check-all:
	@$(MAKE) --no-print-directory check
	@$(MAKE) --no-print-directory check-systemd
	@$(MAKE) --no-print-directory check-newcomer SUITE="$(RELEASES)"
	@$(MAKE) --no-print-directory check-debian
	@$(MAKE) --no-print-directory check-32
	@$(if $(CASES),$(MAKE) --no-print-directory conformance corpus)
	@$(if $(and $(CASES),$(STORIES)),$(MAKE) --no-print-directory hour)
	@$(MAKE) --no-print-directory fuzz-run FUZZ_SECONDS=180
	@$(MAKE) --no-print-directory soak soak-stream
	@$(MAKE) --no-print-directory check-faults

.PHONY: unit
unit: $(UNIT)
	@printf '%s\n' $(UNIT) | xargs -P $(JOBS) -I@ tests/unit/summary @

.PHONY: system
system: build-tests
	@B=$(B) /usr/bin/python3 -m pytest -q -p no:cacheprovider -n $(TESTS_AT_ONCE) tests/system tests/browser

# The installed service in machines that systemd booted: as root, one root folder of each release in $(B)/roots.
RELEASES ?= bookworm trixie
.PHONY: check-systemd
check-systemd:
	@DEPS=$(DEPS) scripts/install-packages systemd
	@$(MAKE) --no-print-directory $(parallel) all
	@B=$(B) RELEASES="$(RELEASES)" /usr/bin/python3 -m pytest -q -rs -p no:cacheprovider -n 2 --dist loadfile tests/systemd

# A newcomer who follows the README on a fresh Debian: as root, in a root folder of SUITE in $(B)/roots.
SUITE ?= bookworm
.PHONY: check-newcomer
check-newcomer:
	@DEPS=$(DEPS) scripts/install-packages systemd
	@B=$(B) RELEASES="$(SUITE)" /usr/bin/python3 -m pytest -q -rs -p no:cacheprovider tests/newcomer

# The build with warnings as errors, the unit tests and the system tests on another Debian, SUITE; and on a machine of 32
# bits, with a few system tests.  As root, in root folders in $(B)/roots.
DEBIAN   := $(if $(filter file,$(origin SUITE)),trixie,$(SUITE))
TESTS_32 := forget http identity kill moved_feed reload schedule stream story trouble upgrade websub
.PHONY: check-debian check-32
check-debian check-32:
	@DEPS=$(DEPS) scripts/install-packages systemd
	@B=$(B) /usr/bin/python3 tests/systemd/check_debian.py $(CHECK_DEBIAN)
check-debian: CHECK_DEBIAN = $(DEBIAN)
check-32: CHECK_DEBIAN = bookworm_i386 -n 4 $(TESTS_32:%=tests/system/test_%.py)

# the feeds in tests/conformance/cases
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

# BENCH_ARGS="--generator GEN.PY --floor FLOOR.c": a generator of feeds, and a C program to compare with
.PHONY: bench
bench: all
	@B=$(B) /usr/bin/python3 tests/bench/stall.py
	@B=$(B) /usr/bin/python3 tests/bench/update.py $(BENCH_ARGS)

.PHONY: format lint
format:
	clang-format -i $(shell git ls-files '*.c' '*.h')

# clang-tidy's stderr has nothing but counts of suppressed findings in headers of the system
lint:
	/usr/bin/python3 scripts/check-rooms
	/usr/bin/python3 scripts/check-paths
	/usr/bin/python3 scripts/check-exports
	/usr/bin/python3 scripts/check-circles
	clang-format --dry-run -Werror $(shell git ls-files '*.c' '*.h')
	@echo clang-tidy daemon include
	@git ls-files 'daemon/*.c' | \
		xargs -P $(JOBS) -I@ clang-tidy --quiet @ -- $(filter-out -fno-plt,$(ALL_CFLAGS)) $(PATHS) 2>/dev/null

-include tests/fuzz/fuzz.mk tests/bench/bench.mk tests/faults/faults.mk tests/soak/soak.mk tests/corpus/corpus.mk

# ---- install

SUBSTITUTE = sed -e 's|@sbindir@|$(sbindir)|g' -e 's|@bindir@|$(bindir)|g' -e 's|@sysconfdir@|$(sysconfdir)/sitrepd|g' \
	-e 's|@prefix@|$(prefix)|g' -e 's|@libdir@|$(libdir)|g' -e 's|@includedir@|$(includedir)|g' -e 's|@version@|$(VERSION)|g'
ETC_FILES  = $(patsubst etc/%,%,$(wildcard etc/*.conf etc/*/*.conf))
EXAMPLES   = $(sort $(wildcard examples/*))
SCRIPTS    = examples/follow-alerts.py $(wildcard examples/alert-to-*)
UNITS      = $(patsubst systemd/%,%,$(wildcard systemd/*.service systemd/*.socket))

.PHONY: install
install: all
	$(INSTALL) -d $(DESTDIR)$(sbindir) $(DESTDIR)$(bindir) $(DESTDIR)$(libexecdir)/sitrep
	$(INSTALL) -m 755 $(B)/sitrepd $(DESTDIR)$(sbindir)/sitrepd
	$(INSTALL) -m 755 $(B)/sitrep $(DESTDIR)$(bindir)/sitrep
	$(INSTALL) -m 755 $(B)/sitrep-parse $(DESTDIR)$(libexecdir)/sitrep/sitrep-parse
	$(INSTALL) -d $(DESTDIR)$(libdir) $(DESTDIR)$(includedir) $(DESTDIR)$(pkgconfigdir)
	$(INSTALL) -m 644 $(B)/libsitrep.so.$(ABI) $(B)/libsitrep.a $(DESTDIR)$(libdir)/
	ln -sf libsitrep.so.$(ABI) $(DESTDIR)$(libdir)/libsitrep.so
	$(INSTALL) -m 644 $(B)/libsitrep.pc $(DESTDIR)$(pkgconfigdir)/
	$(INSTALL) -m 644 include/sitrep.h $(DESTDIR)$(includedir)/
	scripts/install-config $(DESTDIR)$(sysconfdir)/sitrepd $(DESTDIR)$(datadir)/sitrepd/shipped.sha256 $(ETC_FILES)
	$(INSTALL) -d $(DESTDIR)$(unitdir) $(DESTDIR)$(sysusersdir)
	@mkdir -p $(B)/systemd
	set -e; for f in $(UNITS); do \
		$(SUBSTITUTE) systemd/$$f > $(B)/systemd/$$f; $(INSTALL) -m 644 $(B)/systemd/$$f $(DESTDIR)$(unitdir)/$$f; \
	done
	$(INSTALL) -m 644 systemd/sitrepd.sysusers $(DESTDIR)$(sysusersdir)/sitrepd.conf
	$(INSTALL) -d $(DESTDIR)$(mandir)/man1 $(DESTDIR)$(mandir)/man3 $(DESTDIR)$(mandir)/man5 $(DESTDIR)$(mandir)/man7 $(DESTDIR)$(mandir)/man8
	set -e; for f in $(MANUALS); do $(INSTALL) -m 644 $$f $(DESTDIR)$(mandir)/man$${f##*.}/; done
	$(INSTALL) -d $(DESTDIR)$(bashdir) $(DESTDIR)$(zshdir) $(DESTDIR)$(fishdir)
	set -e; for p in sitrep sitrepd; do \
		$(INSTALL) -m 644 $(B)/completion/bash/$$p $(DESTDIR)$(bashdir)/$$p; \
		$(INSTALL) -m 644 $(B)/completion/zsh/$$p $(DESTDIR)$(zshdir)/_$$p; \
		$(INSTALL) -m 644 $(B)/completion/fish/$$p $(DESTDIR)$(fishdir)/$$p.fish; \
	done
	$(INSTALL) -d $(DESTDIR)$(docdir)/examples
	$(INSTALL) -m 644 $(SAMPLE) $(DESTDIR)$(docdir)/
	$(INSTALL) -m 644 $(filter-out $(SCRIPTS),$(EXAMPLES)) $(DESTDIR)$(docdir)/examples/
	$(INSTALL) -m 755 $(SCRIPTS) $(DESTDIR)$(docdir)/examples/

# the configuration and the state stay
.PHONY: uninstall
uninstall:
	rm -f $(DESTDIR)$(sbindir)/sitrepd $(DESTDIR)$(bindir)/sitrep $(DESTDIR)$(libexecdir)/sitrep/sitrep-parse
	-rmdir $(DESTDIR)$(libexecdir)/sitrep
	rm -f $(foreach f,so so.$(ABI) a,$(DESTDIR)$(libdir)/libsitrep.$(f)) $(DESTDIR)$(pkgconfigdir)/libsitrep.pc
	rm -f $(DESTDIR)$(includedir)/sitrep.h
	rm -f $(foreach f,$(UNITS),$(DESTDIR)$(unitdir)/$(f)) $(DESTDIR)$(sysusersdir)/sitrepd.conf
	rm -f $(foreach f,$(MANUALS),$(DESTDIR)$(mandir)/man$(patsubst .%,%,$(suffix $(f)))/$(notdir $(f)))
	rm -f $(foreach p,sitrep sitrepd,$(DESTDIR)$(bashdir)/$(p) $(DESTDIR)$(zshdir)/_$(p) $(DESTDIR)$(fishdir)/$(p).fish)
	rm -f $(DESTDIR)$(docdir)/$(notdir $(SAMPLE)) $(DESTDIR)$(datadir)/sitrepd/shipped.sha256
	rm -f $(foreach f,$(ETC_FILES),$(DESTDIR)$(sysconfdir)/sitrepd/$(f).new)
	rm -f $(foreach f,$(EXAMPLES),$(DESTDIR)$(docdir)/$(f))
	-rmdir $(DESTDIR)$(docdir)/examples $(DESTDIR)$(docdir) $(DESTDIR)$(datadir)/sitrepd

.PHONY: dist
dist:
	@mkdir -p dist
	git archive --format=tar.gz --prefix=sitrepd-$(VERSION)/ -o dist/sitrepd-$(VERSION).tar.gz HEAD
	@echo dist/sitrepd-$(VERSION).tar.gz

# Debian packages in dist/, from a copy of the working tree
DEB := $(B)/deb
.PHONY: deb
deb:
	@DEPS=$(DEPS) scripts/install-packages deb
	@rm -rf $(DEB) && mkdir -p $(DEB)/sitrepd-$(VERSION) dist
	@tar -cf - --exclude-vcs --exclude='./build*' --exclude=./dist . | tar -xf - -C $(DEB)/sitrepd-$(VERSION)
	cd $(DEB)/sitrepd-$(VERSION) && env -u MAKEFLAGS -u MAKEOVERRIDES DEB_BUILD_OPTIONS="$(DEB_BUILD_OPTIONS)" \
		dpkg-buildpackage -b -us -uc -J$(JOBS)
	@cp $(DEB)/*.deb $(DEB)/*.buildinfo $(DEB)/*.changes dist
	lintian --pedantic --display-info --fail-on=error,warning,info,pedantic $(DEB)/*.changes
	@ls dist/*.deb

# the unit tests are part of make check
DEB_BUILD_OPTIONS ?= nocheck

.PHONY: clean
clean:
	rm -rf build build-sanitize dist

.PHONY: help
help:
	@sed -n 's/^#   //p' Makefile | head -20
	@echo 'make unit, system, own-cases, conformance, corpus, hour, fuzz-run, soak, soak-stream, check-systemd, check-newcomer, check-debian, check-32, check-all, bench, lint, install, uninstall, deb, dist, clean'
