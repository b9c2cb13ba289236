# sitrepd: build, run, check, install.
#
#   make                 the three programs in build/
#   make run             install what is missing, build, start the daemon on etc/sitrepd.conf
#   make check           install what is missing, build, run all tests
#   make demo            the daemon against a bundled server of sample feeds, no network needed
#   make SANITIZE=1 ...  the same with ASan and UBSan, in build-sanitize/
#   make help            the rest

VERSION   := 0.1.0
prefix    ?= /usr/local
sysconfdir ?= $(if $(filter /usr,$(prefix)),/etc,$(prefix)/etc)
bindir    ?= $(prefix)/bin
sbindir   ?= $(prefix)/sbin
libexecdir ?= $(prefix)/libexec
datadir   ?= $(prefix)/share
mandir    ?= $(datadir)/man
unitdir   ?= $(prefix)/lib/systemd/system
sysusersdir ?= $(prefix)/lib/sysusers.d
DESTDIR   ?=

CC        ?= cc
AR        ?= ar
PKG_CONFIG ?= pkg-config
INSTALL   ?= install

SANITIZE  ?=
B         ?= build$(if $(SANITIZE),-sanitize)

# ---- what each folder may use: itself and what stands behind it, enforced by the order of linking

LIBS_base    := base
LIBS_config  := config base
LIBS_parse   := parse base
LIBS_dedup   := dedup parse base
LIBS_watch   := watch dedup parse base
LIBS_store   := store watch dedup parse config base
LIBS_fetch   := fetch store watch dedup parse config base
LIBS_publish := publish store watch dedup parse config base
LIBS_stream  := stream store watch dedup parse config base
FOLDERS      := base config parse dedup watch store fetch publish stream

PKGS_daemon := libcurl libxml-2.0 libevent_core libevent_pthreads sqlite3 libmicrohttpd jansson libcrypto libutf8proc zlib libseccomp
PKGS_worker := libxml-2.0 jansson libcrypto libutf8proc libseccomp libcurl
PKGS_client := $(PKGS_daemon) smartcols

# ---- flags

WARN    := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
           -Wwrite-strings -Wundef -Wformat=2 -Wswitch-enum -Wvla
HARDEN  := -fstack-protector-strong -fPIE -fno-plt $(if $(SANITIZE),,-D_FORTIFY_SOURCE=2)
OPT     ?= $(if $(SANITIZE),-O1 -g,-O2 -g)
SAN     := $(if $(SANITIZE),-fsanitize=address$(comma)undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
comma   := ,
DEFS    := -D_GNU_SOURCE -DSITREP_VERSION='"$(VERSION)"' -DSITREP_LIBEXECDIR='"$(libexecdir)/sitrep"' \
           -DSITREP_SYSCONFDIR='"$(sysconfdir)/sitrepd"'
CFLAGS  ?=
ALL_CFLAGS  = -std=c17 $(OPT) $(WARN) $(HARDEN) $(SAN) $(DEFS) -Iinclude \
              $(shell $(PKG_CONFIG) --cflags-only-I $(PKGS_client) cmocka 2>/dev/null) $(CFLAGS)
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now -Wl,--as-needed -pthread $(SAN) $(LDFLAGS)

daemon_libs = $(shell $(PKG_CONFIG) --libs $(PKGS_daemon))
worker_libs = $(shell $(PKG_CONFIG) --libs $(PKGS_worker))
client_libs = $(shell $(PKG_CONFIG) --libs $(PKGS_client))

# ---- files

src = $(sort $(wildcard daemon/$(1)/*.c))
obj = $(patsubst %.c,$(B)/%.o,$(call src,$(1)))
lib = $(foreach f,$(1),$(B)/lib/$(f).a)

PROGRAMS := $(B)/sitrepd $(B)/sitrep-parse $(B)/sitrep
UNIT_SRC := $(sort $(wildcard tests/unit/*/*_test.c))
UNIT     := $(patsubst %.c,$(B)/%,$(UNIT_SRC))
ADAPTER  := $(B)/tests/conformance-adapter

.PHONY: all
all: $(PROGRAMS)

# ---- rules

$(B)/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	@echo "  CC    $<"
	@$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

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

$(patsubst %.c,$(B)/%,$(wildcard tests/unit/$(1)/*_test.c)): $(B)/%: $(B)/%.o $(call lib,$(LIBS_$(1)))
	@echo "  LINK  $$@"
	@$(CC) $$(ALL_LDFLAGS) -o $$@ $$^ $$(client_libs) $$(shell $(PKG_CONFIG) --libs cmocka)
endef
$(foreach f,$(FOLDERS),$(eval $(call folder_rules,$(f))))

$(B)/sitrepd: $(patsubst %.c,$(B)/%.o,$(filter-out daemon/worker.c,$(sort $(wildcard daemon/*.c)))) $(call lib,fetch publish stream store watch dedup parse config base)
	@echo "  LINK  $@"
	@$(CC) $(ALL_LDFLAGS) -o $@ $^ $(daemon_libs)

$(B)/sitrep-parse: $(B)/daemon/worker.o $(call lib,watch dedup parse base)
	@echo "  LINK  $@"
	@$(CC) $(ALL_LDFLAGS) -o $@ $^ $(worker_libs)

$(B)/sitrep: $(call obj,client) $(call lib,fetch watch dedup parse config base)
	@echo "  LINK  $@"
	@$(CC) $(ALL_LDFLAGS) -o $@ $^ $(client_libs)

$(ADAPTER): $(B)/tests/conformance/adapter.o $(call lib,watch dedup parse base)
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	@$(CC) $(ALL_LDFLAGS) -o $@ $^ $(worker_libs)

-include $(shell find $(B) -name '*.d' 2>/dev/null)

.PHONY: unit
unit: $(UNIT)
	@set -e; for t in $(UNIT); do echo "== $$t"; $$t; done

.PHONY: clean
clean:
	rm -rf build build-sanitize dist
