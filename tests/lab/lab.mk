# SPDX-License-Identifier: GPL-2.0-only
#
# The lab's part of the one Makefile: QEMU, kernels, static binaries and initramfs for the emulated
# machines, all below $(LAB). Included after the Makefile's own definitions.
#
#   make lab                prepare what can be had here; says "skip: lab: ..." for what cannot
#   make lab-check          run the tests of every machine (MACHINES='amd-mediated ...' for some)
#   make lab-shell          a console in machine 1 (LAB_MACHINE=NAME for another), kvmpmu in the path
#   make lab-capture        refresh tests/data and tests/snap from the machines (CAPTURES='NAME ...')

LAB := $(abspath $(if $(O_SUFFIX),$(patsubst %$(O_SUFFIX),%,$(O)),$(O)))/lab
LAB_ARCHES := x86_64 arm64
LAB_DEB_x86_64 := amd64
LAB_DEB_arm64 := arm64
LAB_CROSS_x86_64 := x86_64-linux-gnu-
LAB_CROSS_arm64 := aarch64-linux-gnu-
MACHINE_NAMES := $(patsubst tests/lab/machines/%.conf,%,$(wildcard tests/lab/machines/*.conf))
MACHINES ?= $(MACHINE_NAMES)

LAB_ENV := LAB='$(LAB)'
export LAB_JOBS ?= 2

.PHONY: lab lab-x86_64 lab-arm64 lab-initrds lab-check lab-shell lab-capture

lab:
	+@$(LAB_ENV) MAKE='$(MAKE)' tests/lab/prepare.sh

# What each architecture needs. prepare.sh makes them apart: one may be had without the other.
lab-x86_64: $(LAB)/qemu/qemu-system-x86_64 $(LAB)/x86_64/initrd.cpio
lab-arm64: $(LAB)/arm64/initrd.cpio

# ---------------------------------------------------------------- from packages

$(LAB)/qemu/qemu-system-x86_64: tests/lab/qemu.sh tests/lab/patches/qemu-amd-pmu.patch
	$(call msg,QEMU,$@)
	$(Q)$(LAB_ENV) tests/lab/qemu.sh && touch $@

$(LAB)/%/release: tests/lab/kernel.sh
	$(call msg,KERNEL,$@)
	$(Q)$(LAB_ENV) tests/lab/kernel.sh $* && touch $@

$(LAB)/sysroot-%/ready: tests/lab/sysroot.sh
	$(call msg,SYSROOT,$@)
	$(Q)$(LAB_ENV) tests/lab/sysroot.sh $* && touch $@

$(LAB)/%/selftests/built: tests/lab/selftests.sh $(LAB)/%/release
	$(call msg,KVMTEST,$@)
	$(Q)$(LAB_ENV) CC='$(call lab_cc,$*)' tests/lab/selftests.sh $* && touch $@

# ---------------------------------------------------------------- static binaries

# Both architectures link against a sysroot: what a Debian 12 or 13 has installed differs, and not all of
# it links statically.
lab_sysroot = $(LAB)/sysroot-$(LAB_DEB_$(1))
lab_cc = $(LAB_CROSS_$(1))gcc $(call sysroot_flags,$(lab_sysroot),$(LAB_CROSS_$(1):%-=%))

# kvmpmu itself: the same Makefile with another build folder; that make knows what is up to date.
$(LAB)/%/kvmpmu/kvmpmu: FORCE
	$(call msg,STATIC,$@)
	+$(Q)$(MAKE) --no-print-directory KP_DEPS_DONE=1 STATIC=1 O=$(@D) SANITIZE= \
		CROSS_COMPILE=$(LAB_CROSS_$*) SYSROOT=$(call lab_sysroot,$*) \
		CC='$(call lab_cc,$*)' AR=$(LAB_CROSS_$*)ar all

$(foreach a,$(LAB_ARCHES),$(eval $(addprefix $(LAB)/$(a)/,kvmpmu/kvmpmu runner selftests/built): \
	$(LAB)/sysroot-$(LAB_DEB_$(a))/ready))

LAB_RUNNER_SRCS := $(sort $(wildcard tests/lab/runner/*.c))

$(LAB)/%/runner: $(LAB_RUNNER_SRCS) $(wildcard tests/lab/runner/*.h)
	$(call msg,RUNNER,$@)
	@mkdir -p $(@D)
	$(Q)$(call lab_cc,$*) -std=gnu11 -O2 -g -D_GNU_SOURCE $(WARN) -Wno-missing-field-initializers -static \
		-o $@ $(LAB_RUNNER_SRCS) -ljansson

# ---------------------------------------------------------------- initramfs

# Only their content counts: a kvmpmu that was made anew and is the same needs no new archive.
$(LAB)/%/initrd.cpio: $(LAB)/%/release $(LAB)/%/runner $(LAB)/%/kvmpmu/kvmpmu $(LAB)/%/selftests/built \
		tests/lab/initrd.sh tests/lab/mkinitrd.py
	$(call msg,INITRD,$@)
	$(Q)$(LAB_ENV) tests/lab/initrd.sh $*

lab-initrds: $(foreach a,$(LAB_ARCHES),$(if $(wildcard $(LAB)/$(a)/prepared),lab-$(a)))

.SECONDARY: $(foreach a,$(LAB_ARCHES),$(addprefix $(LAB)/$(a)/,release runner kvmpmu/kvmpmu \
	selftests/built))

# ---------------------------------------------------------------- run

# Each machine is one TAP program. Unprepared, or in a sanitized build, there is one that says so.
LAB_PREPARED := $(if $(SANITIZE),,$(wildcard $(LAB)/*/prepared))
LAB_TESTS := $(if $(LAB_PREPARED),$(MACHINES:%=tests/lab/machines/%.t),tests/lab/machines/unprepared.t)

# Nothing to run is a skip with its reason here, and not the failure that the harness makes of it.
lab-check: $(if $(LAB_PREPARED),lab-initrds)
ifeq ($(LAB_PREPARED),)
	@$(LAB_ENV) KP_SANITIZE='$(SANITIZE)' $(LAB_TESTS) | sed 's/^1\.\.0 # SKIP the lab:/skip: lab:/'
else
	@$(LAB_ENV) tests/tools/tap-run -j $(LAB_JOBS) $(LAB_TESTS)
endif

lab-shell: $(if $(LAB_PREPARED),lab-initrds,lab)
	@$(LAB_ENV) tests/lab/boot.sh $(or $(LAB_MACHINE),amd-mediated) shell

# perf itself, for recordings that kvmpmu did not make: only where a capture asks for it ("# perf").
CAPTURE_FILES = $(if $(CAPTURES),$(CAPTURES:%=tests/lab/captures/%.sh),$(wildcard tests/lab/captures/*.sh))
CAPTURE_PERFS := $(if $(filter lab-capture,$(MAKECMDGOALS)),$(shell \
	for m in $$(grep -lx '\# perf' $(CAPTURE_FILES) | xargs -r sed -n 's/^\# machine: //p'); do \
		sed -n 's/^arch=//p' tests/lab/machines/$$m.conf; done | sort -u))

lab-capture: lab-initrds $(foreach a,$(CAPTURE_PERFS),$(if $(wildcard $(LAB)/$(a)/prepared),$(LAB)/$(a)/perf))
	@$(LAB_ENV) tests/lab/capture.sh $(CAPTURES)

$(LAB)/%/perf: tests/lab/perf.sh $(LAB)/%/release
	$(call msg,PERF,$@)
	$(Q)$(LAB_ENV) CC='$(call lab_cc,$*)' tests/lab/perf.sh $* && touch $@
