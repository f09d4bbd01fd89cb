# SPDX-License-Identifier: GPL-2.0-only
#
# The one Makefile of kvmpmu: no recursion, every source file found by wildcard.
#
#   make                    build $(O)/kvmpmu
#   make check              install what is missing, build, run every test
#   make demo               install what is missing, build, record and report
#   make install            DESTDIR= prefix=
#   make lab                prepare the emulated machines; then lab-check lab-shell lab-capture
#   make bench fuzz format clean help
#
# Variables: V=1 (show commands), O=DIR (build folder), DEVELOPER=1 (-Werror and more warnings),
# SANITIZE=address,undefined, STATIC=1, CC=, CROSS_COMPILE=, SYSROOT=DIR, LIBPERF_DIR=DIR (where libperf is built),
# NO_BPF=1 (leave the BPF parts out), INSTALL_DEPS=0 (never call apt).

MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all

VERSION := 0.1.0

# ---------------------------------------------------------------- where and with what

comma := ,
empty :=
space := $(empty) $(empty)

# A sanitized or a cross build has a folder of its own, so that neither rebuilds the other.
ifneq ($(SANITIZE),)
O_SUFFIX := /san-$(subst $(comma),-,$(SANITIZE))
else ifneq ($(CROSS_COMPILE),)
O_SUFFIX := /$(patsubst %-,%,$(notdir $(CROSS_COMPILE)))
endif
O ?= build$(O_SUFFIX)

TARGET_PREFIX := $(patsubst %-,%,$(notdir $(CROSS_COMPILE)))
# SYSROOT=DIR: headers and libraries of the target from a folder, and from nowhere else. The compiler's
# own search path puts an installed cross C library first, hence -nostdinc, -B and -L; -idirafter,
# because a source file's own -isystem (libperf's headers) has to come before the C library's.
sysroot_flags = --sysroot=$(1) -B$(1)/usr/lib/$(2) -L$(1)/usr/lib/$(2) -nostdinc $(addprefix -idirafter , \
	$(shell $(2)-gcc -print-file-name=include) $(1)/usr/include/$(2) $(1)/usr/include)

ifeq ($(origin CC),default)
CC := $(CROSS_COMPILE)gcc$(if $(SYSROOT), $(call sysroot_flags,$(SYSROOT),$(TARGET_PREFIX)))
endif
ifeq ($(origin AR),default)
AR := $(CROSS_COMPILE)ar
endif
CLANG      ?= clang
BPFTOOL    ?= $(firstword $(wildcard /usr/sbin/bpftool /usr/local/sbin/bpftool) bpftool)
ifeq ($(CROSS_COMPILE),)
PKG_CONFIG ?= pkg-config
else
# Debian's multiarch layout: the libraries of the target beside those of the host.
PKG_CONFIG := $(if $(SYSROOT),PKG_CONFIG_SYSROOT_DIR=$(SYSROOT)) \
	PKG_CONFIG_LIBDIR=$(SYSROOT)/usr/lib/$(TARGET_PREFIX)/pkgconfig:$(SYSROOT)/usr/share/pkgconfig pkg-config
endif

prefix      ?= /usr/local
bindir      ?= $(prefix)/bin
mandir      ?= $(prefix)/share/man
completions ?= $(prefix)/share/bash-completion/completions
INSTALL     ?= install

ifeq ($(V),1)
Q :=
msg = @:
else
Q := @
msg = @printf '  %-7s %s\n' '$(1)' '$(patsubst $(O)/%,%,$(2))'
endif

# Goals that need no compiler and no library: they must work on a bare system.
BARE_GOALS := clean help deps format
ifneq ($(filter-out $(BARE_GOALS),$(or $(MAKECMDGOALS),all)),)
NEED_CONFIG := 1
endif

# demo, check and bench first install what is missing, then start make again: this first pass must not
# look for compilers or libraries, because they may not be there yet.
DEPS_GOALS := demo check bench fuzz lab lab-check lab-shell lab-capture
ifneq ($(filter $(DEPS_GOALS),$(MAKECMDGOALS)),)
ifneq ($(KP_DEPS_DONE),1)
FIRST_PASS := 1
endif
endif

.PHONY: all check demo bench fuzz lab lab-check install uninstall clean deps format help \
	unit-tests test-tools fuzz-drivers FORCE

ifeq ($(FIRST_PASS),1)
# ================================================================ first pass

# Several goals run one after the other, each with all CPUs unless -j says otherwise.
$(MAKECMDGOALS): second-pass
	@:

.PHONY: second-pass
second-pass:
ifneq ($(INSTALL_DEPS),0)
	@tests/tools/deps.sh $(if $(filter check bench,$(MAKECMDGOALS)),check) \
		$(if $(filter fuzz,$(MAKECMDGOALS)),fuzz) build
endif
	+@case "$$MAKEFLAGS" in *-j*) jobs= ;; *) jobs=-j$$(nproc) ;; esac; \
	for goal in $(MAKECMDGOALS); do \
		$(MAKE) --no-print-directory $$jobs KP_DEPS_DONE=1 $$goal || exit; \
	done

else
# ================================================================ second pass

# ---------------------------------------------------------------- libraries

ifeq ($(NEED_CONFIG),1)

PKGS := libtraceevent libtracefs libelf libzstd zlib jansson ncursesw
MISSING := $(foreach p,$(PKGS),$(shell $(PKG_CONFIG) --exists $(p) || echo $(p)))
# libpfm4 ships no pkg-config file on Debian 12 and 13.
MISSING += $(shell echo '\#include <perfmon/pfmlib.h>' | $(CC) -E - >/dev/null 2>&1 || echo libpfm4)
ifneq ($(strip $(MISSING)),)
$(error not found: $(strip $(MISSING)). Install the packages that \
	"tests/tools/deps.sh --list" prints, or run "make deps" to install them with apt)
endif

PKG_STATIC := $(if $(STATIC),--static)
# ncursesw's flags name _XOPEN_SOURCE, which _GNU_SOURCE below already implies.
PKG_CFLAGS := $(filter-out -D_XOPEN_SOURCE=% -D_DEFAULT_SOURCE,$(shell $(PKG_CONFIG) --cflags $(PKGS)))
PKG_LIBS   := $(shell $(PKG_CONFIG) $(PKG_STATIC) --libs $(PKGS))

PFM_LIBS := $(shell $(PKG_CONFIG) --libs libpfm 2>/dev/null || echo -lpfm)

# What the compiler makes code for, and what that means for the one part that depends on it.
TRIPLE := $(shell $(CC) -dumpmachine)
MACHINE := $(firstword $(subst -, ,$(TRIPLE)))
GUEST_ARCH := $(strip $(if $(filter x86_64,$(MACHINE)),x86,$(if $(filter aarch64,$(MACHINE)),arm64,noarch)))

# libbpf, clang and bpftool together make the BPF parts. All three, or none of them.
ifneq ($(NO_BPF),1)
HAVE_LIBBPF := $(shell $(PKG_CONFIG) --exists libbpf && command -v $(CLANG) >/dev/null && \
	$(BPFTOOL) version >/dev/null 2>&1 && echo 1)
endif
ifeq ($(HAVE_LIBBPF),1)
BPF_CFLAGS := $(shell $(PKG_CONFIG) --cflags libbpf)
BPF_LIBS := $(shell $(PKG_CONFIG) $(PKG_STATIC) --libs libbpf)
endif

# libperf: the system's when it comes with the headers that evlist.c needs, else our own build of
# the distribution's kernel source, kept under the build folder and shared by sanitized builds.
LIBPERF_DIR ?= $(if $(CROSS_COMPILE),$(O),$(patsubst %$(O_SUFFIX),%,$(O)))/libperf
HAVE_LIBPERF_PC := $(shell $(PKG_CONFIG) --exists libperf && printf '%s\n' '\#include <perf/evlist.h>' \
	'\#include <perf/evsel.h>' '\#include <internal/evsel.h>' '\#include <internal/evlist.h>' | \
	$(CC) $$($(PKG_CONFIG) --cflags libperf) -fsyntax-only -xc - 2>/dev/null && echo 1)
ifeq ($(HAVE_LIBPERF_PC),1)
LIBPERF_CFLAGS := $(shell $(PKG_CONFIG) --cflags libperf)
LIBPERF_LIBS   := $(shell $(PKG_CONFIG) $(PKG_STATIC) --libs libperf)
LIBPERF_FROM   := pkg-config
else
LIBPERF_CFLAGS := -isystem $(LIBPERF_DIR)/include
LIBPERF_LIBS   := $(LIBPERF_DIR)/libperf.a $(LIBPERF_DIR)/libapi.a
LIBPERF_DEP    := $(LIBPERF_DIR)/libperf.a
LIBPERF_FROM   := linux-source
# evlist.c alone includes libperf's internal headers, which want the kernel tools' list.h and types.h
# in place of the system's <linux/types.h>.
CFLAGS_src/collect/evlist.c := $(addprefix -I$(LIBPERF_DIR)/tools/,include arch/$(if \
	$(filter x86_64,$(MACHINE)),x86,$(if $(filter aarch64,$(MACHINE)),arm64,$(MACHINE)))/include lib)
endif

endif # NEED_CONFIG

# ---------------------------------------------------------------- flags

WARN := -Wall -Wextra -Wno-unused-parameter -Wmissing-prototypes -Wstrict-prototypes -Wpointer-arith \
	-Wwrite-strings
ifeq ($(DEVELOPER),1)
WARN += -Werror -Wshadow -Wold-style-definition -Wformat=2 -Wundef -Wvla -Wredundant-decls \
	-Wnested-externs -Winit-self -Wimplicit-fallthrough -Wdeclaration-after-statement \
	-Wframe-larger-than=16384
# clang calls every vsnprintf() in a helper that takes a va_list non-literal; gcc knows better.
WARN += $(if $(findstring clang,$(CC)),-Wno-format-nonliteral)
endif

CFLAGS ?= -O2 -g
KP_CFLAGS := -std=gnu11 -fno-lto -fno-strict-aliasing -pthread $(WARN)
ifneq ($(SANITIZE),)
KP_CFLAGS += -fsanitize=$(SANITIZE) -fno-omit-frame-pointer -fno-sanitize-recover=all
else
KP_CFLAGS += -fstack-protector-strong
KP_CPPFLAGS_FORTIFY := $(if $(filter -O%,$(CFLAGS)),-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
endif
KP_CPPFLAGS = -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 $(KP_CPPFLAGS_FORTIFY) -Iinclude -Isrc -I. -I$(O)/gen \
	$(LIBPERF_CFLAGS) $(PKG_CFLAGS) $(BPF_CFLAGS) $(CPPFLAGS)
KP_LDFLAGS = -pthread $(if $(SANITIZE),-fsanitize=$(SANITIZE)) $(if $(STATIC),-static) $(LDFLAGS)
KP_LIBS = $(LIBPERF_LIBS) $(BPF_LIBS) $(PKG_LIBS) $(PFM_LIBS) -lm $(LIBS)

# ---------------------------------------------------------------- sources

SRCS := $(sort $(wildcard src/*.c src/*/*.c src/*/*.S src/*/*/*.c ui/*.c))
BPF_SRCS := $(filter %.bpf.c,$(SRCS))
SRCS := $(filter-out %.bpf.c,$(SRCS))

# A file bpf.c or bpf_*.c needs libbpf and the skeletons; nobpf.c or nobpf_*.c stands in for it.
IS_BPF   := $(foreach s,$(SRCS),$(if $(filter bpf.c bpf_%.c,$(notdir $(s))),$(s)))
IS_NOBPF := $(foreach s,$(SRCS),$(if $(filter nobpf.c nobpf_%.c,$(notdir $(s))),$(s)))
SRCS := $(filter-out $(if $(filter 1,$(HAVE_LIBBPF)),$(IS_NOBPF),$(IS_BPF)),$(SRCS))

# Of src/guest, x86*, arm64* and noarch* (.c or .S) are compiled for that architecture alone.
SRCS := $(filter-out $(foreach a,$(filter-out $(GUEST_ARCH),x86 arm64 noarch),\
	$(wildcard src/guest/$(a).[cS] src/guest/$(a)_*.[cS])),$(SRCS))

OBJS := $(addprefix $(O)/obj/,$(addsuffix .o,$(basename $(SRCS))))
MAIN_OBJ := $(O)/obj/src/main.o
LIB_OBJS := $(filter-out $(MAIN_OBJ),$(OBJS))
LIB := $(O)/libkvmpmu.a
BIN := $(O)/kvmpmu

BPF_OBJS  := $(patsubst src/bpf/%.bpf.c,$(O)/gen/%.bpf.o,$(BPF_SRCS))
BPF_SKELS := $(if $(filter 1,$(HAVE_LIBBPF)),$(BPF_OBJS:%.bpf.o=%.skel.h))

# Flags of one file, where it needs its own: CFLAGS_src/folder/file.c = ...
# (A guest's payload runs without a C runtime: no stack protector, no sanitizer, no SSE.)

all: $(BIN)

# ---------------------------------------------------------------- generated: flags stamp, config.h

# The stamps change only when their content does, so that a change of flags rebuilds, and nothing else.
# $(call write_if_changed): the recipe's standard input into $@
write_if_changed = cat >$@.new; if cmp -s $@.new $@; then rm -f $@.new; else mv $@.new $@; fi

$(O)/gen/flags: FORCE | $(O)/gen/
	@printf '%s\n' '$(subst ','\'',$(CC) $(KP_CFLAGS) $(CFLAGS) $(KP_CPPFLAGS))' | { $(write_if_changed); }

GIT_VERSION := $(shell git describe --tags --always --dirty 2>/dev/null)

$(O)/gen/config.h: FORCE | $(O)/gen/
	@{ echo '/* Made by the Makefile. */'; \
	echo '#define KP_VERSION "$(VERSION)$(if $(GIT_VERSION),-g$(patsubst g%,%,$(GIT_VERSION)))"'; \
	echo '#define KP_HAVE_LIBBPF $(if $(filter 1,$(HAVE_LIBBPF)),1,0)'; \
	echo '#define KP_LIBPERF_FROM "$(LIBPERF_FROM)"'; \
	echo '#define KP_GUEST_ARCH "$(GUEST_ARCH)"'; \
	echo '#define KP_BUILD_TRIPLE "$(TRIPLE)"'; \
	echo '#define KP_SANITIZE "$(SANITIZE)"'; \
	echo '#define KP_STATIC $(if $(STATIC),1,0)'; \
	for p in $(PKGS) $(if $(filter 1,$(HAVE_LIBBPF)),libbpf); do \
		u=$$(echo $$p | tr a-z- A-Z_); \
		echo "#define KP_$${u}_VERSION \"$$($(PKG_CONFIG) --modversion $$p)\""; \
	done; } | { $(write_if_changed); }

GENERATED := $(O)/gen/config.h $(BPF_SKELS) $(LIBPERF_DEP)

# ---------------------------------------------------------------- libperf

$(LIBPERF_DIR)/libperf.a: tests/tools/libperf.sh
	$(call msg,LIBPERF,$@)
	$(Q)CC='$(CC)' AR='$(AR)' CROSS_COMPILE='$(CROSS_COMPILE)' MACHINE='$(MACHINE)' V='$(V)' \
		tests/tools/libperf.sh $(LIBPERF_DIR)

# ---------------------------------------------------------------- BPF

$(O)/gen/%.bpf.o: src/bpf/%.bpf.c $(wildcard src/bpf/*.h) include/swbatch.h Makefile | $(O)/gen/
	$(call msg,BPF,$@)
	$(Q)$(CLANG) -g -O2 -target bpf -D__TARGET_ARCH_$(if $(filter x86_64,$(MACHINE)),x86,$(if \
		$(filter aarch64,$(MACHINE)),arm64,$(MACHINE))) -Wall $(if $(filter 1,$(DEVELOPER)),-Werror) \
		-Isrc/bpf -Iinclude -idirafter $(SYSROOT)/usr/include/$(MACHINE)-linux-gnu $(BPF_CFLAGS) -c $< -o $@

$(O)/gen/%.skel.h: $(O)/gen/%.bpf.o
	$(call msg,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name $(subst -,_,$*)_bpf >$@

# ---------------------------------------------------------------- compile and link

$(O)/obj/%.o: %.c $(O)/gen/flags | $(GENERATED)
	$(call msg,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(KP_CPPFLAGS) $(if $(filter tests/%,$<),$(TEST_CPPFLAGS)) $(KP_CFLAGS) $(CFLAGS) \
		$(CFLAGS_$<) -MMD -MP -c $< -o $@

$(O)/obj/%.o: %.S $(O)/gen/flags | $(GENERATED)
	$(call msg,AS,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(KP_CPPFLAGS) $(CFLAGS) $(CFLAGS_$<) -MMD -MP -c $< -o $@

$(LIB): $(LIB_OBJS) $(O)/gen/objs
	$(call msg,AR,$@)
	$(Q)rm -f $@ && $(AR) rcsD $@ $(LIB_OBJS)

# A source file that went away must leave the library too.
$(O)/gen/objs: FORCE | $(O)/gen/
	@echo '$(LIB_OBJS)' | { $(write_if_changed); }

$(BIN): $(MAIN_OBJ) $(LIB) $(LIBPERF_DEP)
	$(call msg,LINK,$@)
	$(Q)$(CC) $(KP_CFLAGS) $(CFLAGS) $(KP_LDFLAGS) -o $@ $(MAIN_OBJ) $(LIB) $(KP_LIBS)

%/:
	@mkdir -p $@
.PRECIOUS: %/ $(O)/gen/%.bpf.o $(O)/gen/%.skel.h

# ---------------------------------------------------------------- unit tests

# tests/unit/NAME_test.c is one program. Other files there, *_helper.c, are linked to all of them.
UNIT_SRCS := $(sort $(wildcard tests/unit/*_test.c))
UNIT_HELPERS := $(patsubst %.c,$(O)/obj/%.o,$(sort $(wildcard tests/unit/*_helper.c)))
UNIT_BINS := $(UNIT_SRCS:tests/unit/%.c=$(O)/tests/unit/%)
TEST_CPPFLAGS := -Itests/unit -DKP_TESTS_DIR='"$(CURDIR)/tests"'

$(O)/tests/unit/%: $(O)/obj/tests/unit/%.o $(UNIT_HELPERS) $(LIB)
	$(call msg,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(KP_CFLAGS) $(CFLAGS) $(KP_LDFLAGS) -o $@ $< $(UNIT_HELPERS) $(LIB) $(KP_LIBS) -lcmocka

unit-tests: $(UNIT_BINS)
.SECONDARY: $(UNIT_SRCS:%.c=$(O)/obj/%.o) $(UNIT_HELPERS)

# tests/tools/NAME.c is a program that tests call: it links what kvmpmu does, and what makes recordings.
TOOL_HELPERS := $(patsubst %.c,$(O)/obj/%.o,$(sort $(wildcard tests/unit/variant*_helper.c)))
TOOL_SRCS := $(sort $(wildcard tests/tools/*.c))
TOOL_BINS := $(TOOL_SRCS:tests/tools/%.c=$(O)/tests/tools/%)

$(O)/tests/tools/%: $(O)/obj/tests/tools/%.o $(TOOL_HELPERS) $(LIB)
	$(call msg,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(KP_CFLAGS) $(CFLAGS) $(KP_LDFLAGS) -o $@ $< $(TOOL_HELPERS) $(LIB) $(KP_LIBS)

# tests/bench/NAME.c is a program that the scripts beside it call: it makes load, or measures.
BENCH_SRCS := $(sort $(wildcard tests/bench/*.c))
BENCH_BINS := $(BENCH_SRCS:tests/bench/%.c=$(O)/tests/bench/%)

$(O)/tests/bench/%: $(O)/obj/tests/bench/%.o $(LIB)
	$(call msg,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(KP_CFLAGS) $(CFLAGS) $(KP_LDFLAGS) -o $@ $< $(LIB) $(KP_LIBS)

.SECONDARY: $(BENCH_SRCS:%.c=$(O)/obj/%.o)

test-tools: $(TOOL_BINS)
.SECONDARY: $(TOOL_SRCS:%.c=$(O)/obj/%.o) $(UNIT_HELPERS) $(TOOL_HELPERS)

# ---------------------------------------------------------------- fuzzing

# tests/fuzz/NAME_fuzz.c holds LLVMFuzzerTestOneInput. With driver.c it becomes a plain program that
# feeds it files: that is what check runs over tests/fuzz/corpus/NAME. With libFuzzer: make fuzz.
FUZZ_SRCS := $(sort $(wildcard tests/fuzz/*_fuzz.c))
FUZZ_DRIVERS := $(FUZZ_SRCS:tests/fuzz/%.c=$(O)/tests/fuzz/%)

$(O)/tests/fuzz/%: $(O)/obj/tests/fuzz/%.o $(O)/obj/tests/fuzz/driver.o $(LIB)
	$(call msg,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(KP_CFLAGS) $(CFLAGS) $(KP_LDFLAGS) -o $@ $< $(O)/obj/tests/fuzz/driver.o $(LIB) $(KP_LIBS)

fuzz-drivers: $(FUZZ_DRIVERS)
.SECONDARY: $(FUZZ_SRCS:%.c=$(O)/obj/%.o) $(O)/obj/tests/fuzz/driver.o

FUZZ_O := $(O)/fuzz
FUZZ_CFLAGS := -std=gnu11 -g -O1 -fno-strict-aliasing -pthread -fno-omit-frame-pointer \
	-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
FUZZ_OBJS := $(LIB_OBJS:$(O)/obj/%=$(FUZZ_O)/obj/%)
FUZZ_BINS := $(FUZZ_SRCS:tests/fuzz/%.c=$(FUZZ_O)/%)

$(FUZZ_O)/obj/%.o: %.c | $(GENERATED)
	$(call msg,FUZZCC,$@)
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(KP_CPPFLAGS) $(TEST_CPPFLAGS) $(FUZZ_CFLAGS) $(CFLAGS_$<) -MMD -MP -c $< -o $@

.SECONDARY: $(FUZZ_OBJS)

$(FUZZ_O)/obj/%.o: %.S | $(GENERATED)
	$(call msg,FUZZAS,$@)
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(KP_CPPFLAGS) $(CFLAGS_$<) -c $< -o $@

$(FUZZ_O)/%_fuzz: $(FUZZ_O)/obj/tests/fuzz/%_fuzz.o $(FUZZ_OBJS)
	$(call msg,FUZZLD,$@)
	$(Q)$(CLANG) -fsanitize=fuzzer,address,undefined -pthread -o $@ $^ $(KP_LIBS)

fuzz: $(FUZZ_BINS)
	@for f in $(FUZZ_BINS); do echo "$$f tests/fuzz/corpus/$$(basename $$f _fuzz)"; done

# ---------------------------------------------------------------- the lab

include tests/lab/lab.mk

# ---------------------------------------------------------------- run the tests

TEST_FILES := $(UNIT_BINS) $(sort $(wildcard tests/*/*.t) $(wildcard tests/e2e/*.bats)) $(LAB_TESTS)
# make check TESTS='build/tests/unit/buf_test tests/e2e/cli.bats' runs only these.
TESTS ?= $(TEST_FILES)

check: $(BIN) $(UNIT_BINS) $(TOOL_BINS) $(FUZZ_DRIVERS) \
		$(if $(and $(LAB_PREPARED),$(filter $(LAB_TESTS),$(TESTS))),lab-initrds)
	@KVMPMU=$(abspath $(BIN)) KP_BUILD=$(abspath $(O)) KP_TOP=$(CURDIR) KP_SANITIZE='$(SANITIZE)' \
		$(LAB_ENV) KP_FUZZ_DRIVERS='$(abspath $(FUZZ_DRIVERS))' tests/tools/tap-run $(TESTS)

demo: $(BIN)
	@KP_BUILD=$(abspath $(O)) tests/tools/demo.sh

bench: $(BIN) $(TOOL_BINS) $(BENCH_BINS)
	@set -e; for t in $(sort $(wildcard tests/bench/*.sh)); do echo "== $$t"; \
		KVMPMU=$(abspath $(BIN)) KP_BUILD=$(abspath $(O)) KP_TOP=$(CURDIR) $$t; done

# ---------------------------------------------------------------- install

MAN_PAGES := $(sort $(wildcard man/*.[1-8]))

install: $(BIN)
	$(call msg,INSTALL,$(DESTDIR)$(prefix))
	$(Q)$(INSTALL) -D -m 755 $(BIN) $(DESTDIR)$(bindir)/kvmpmu
	$(Q)set -e; for m in $(MAN_PAGES); do \
		$(INSTALL) -D -m 644 $$m $(DESTDIR)$(mandir)/man$${m##*.}/$${m##*/}; done
	$(Q)if [ -f man/kvmpmu.bash-completion ]; then \
		$(INSTALL) -D -m 644 man/kvmpmu.bash-completion $(DESTDIR)$(completions)/kvmpmu; fi

uninstall:
	$(Q)rm -f $(DESTDIR)$(bindir)/kvmpmu $(DESTDIR)$(completions)/kvmpmu
	$(Q)for m in $(MAN_PAGES); do rm -f $(DESTDIR)$(mandir)/man$${m##*.}/$${m##*/}; done

-include $(OBJS:.o=.d) $(UNIT_HELPERS:.o=.d) $(patsubst %.c,$(O)/obj/%.d,$(UNIT_SRCS) $(FUZZ_SRCS) $(TOOL_SRCS)) $(FUZZ_OBJS:.o=.d)

endif # second pass

deps:
	@tests/tools/deps.sh build check fuzz

format:
	clang-format -i $(wildcard src/*.[ch] src/*/*.[ch] include/*.h ui/*.[ch] tests/*/*.[ch])

clean:
	$(Q)rm -rf $(O)

help:
	@sed -n '3,/^$$/s/^# \{0,1\}//p' Makefile
