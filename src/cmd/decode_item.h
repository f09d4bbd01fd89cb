/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * decode_item.h - parts of 'kvmpmu decode': what was asked, and the items that answer it. Private
 * to src/cmd/decode*.c.
 */
#ifndef KP_CMD_DECODE_ITEM_H
#define KP_CMD_DECODE_ITEM_H

#include "arch.h"
#include "cmd.h"
#include "evname.h"
#include "lib/vec.h"

/**
 * struct kp_item_field - a field of a register; @hi above 63: a number of its own
 * Strings: @name is const, @meaning is owned.
 */
struct kp_item_field {
	uint8_t hi, lo;
	bool reserved;
	const char *name;
	uint64_t value;
	char *meaning;
};

/** struct kp_item_count - does the counter count there */
struct kp_item_count {
	const char *where;
	bool counts;
};

/** struct kp_item_event - what a selector counts on one PMU. All strings owned; NULL unknown */
struct kp_item_event {
	char *cpu;
	char *pmu;
	char *name;
	char *help;
	char *source;
	enum { KP_ITEM_UNKNOWN, KP_ITEM_NO, KP_ITEM_YES } implemented;
};

/**
 * struct kp_item - one thing decoded. Strings are owned; NULL or a clear has_ bit: not known
 * @kind: "msr", "evtsel", ...
 * @input: as it was given
 * @name: of the register, the exit, ...; @meaning: in words
 * @arch, @cpu: which tables were used
 */
struct kp_item {
	const char *kind;
	char *input;
	char *name;
	char *meaning;
	char *arch;
	bool has_number, has_value;
	uint64_t number;
	uint64_t value;
	KP_VEC(struct kp_item_field) fields;
	KP_VEC(struct kp_item_count) counts;
	KP_VEC(struct kp_item_event) events;
	KP_VEC(char *) notes;
};

#define KP_DECODE_CPUS_MAX 8

/**
 * struct kp_decode - the run
 * @arch_name, @isa_name, @model_list, @pmu_name, @format: as given, NULL not
 * @cpus, @nr_cpus: --model, looked up
 * @arch: --arch, or the model's; NULL neither
 * @shown: items written as text so far
 * @extra: value of the extra register that came with an event selector, 0 none
 */
struct kp_decode {
	const struct kp_ctx *ctx;
	const char *arch_name, *isa_name, *model_list, *pmu_name, *format;
	uint64_t perfmon;
	uint64_t extra;
	bool list;
	const struct kp_cpu *cpus[KP_DECODE_CPUS_MAX];
	size_t nr_cpus;
	const struct kp_arch *arch;
	struct kp_evnames *names;
	KP_VEC(struct kp_item) items;
	size_t shown;
};

/* ---- decode_item.c: items and how they are shown ---- */

int kp_item_str(char **dst, const char *fmt, ...) KP_PRINTF(2, 3);
int kp_item_note(struct kp_item *it, const char *fmt, ...) KP_PRINTF(2, 3);
/** kp_item_fields - append decoded fields; shares become percentages */
int kp_item_fields(struct kp_item *it, const struct kp_regfield *fields, int nr);
int kp_item_count(struct kp_item *it, const char *where, bool counts);
void kp_item_free(struct kp_item *it);

/** kp_items_show - all of them as one document (JSON, CSV), or one after the other (text) */
int kp_items_show(struct kp_decode *d);

/* ---- what can be decoded: one row of the table in decode.c each ---- */

/**
 * struct kp_decode_kind
 * @name, @args, @help: for --help; @min, @max: number of operands
 * @run: fills @it from @argv; 0, -ENOMEM, or -EINVAL after saying what is wrong
 */
struct kp_decode_kind {
	const char *name;
	const char *args;
	const char *help;
	int min, max;
	int (*run)(struct kp_decode *d, struct kp_item *it, int argc, char **argv);
};

int kp_decode_msr(struct kp_decode *d, struct kp_item *it, int argc, char **argv);
int kp_decode_sysreg(struct kp_decode *d, struct kp_item *it, int argc, char **argv);
int kp_decode_vmcs(struct kp_decode *d, struct kp_item *it, int argc, char **argv);
int kp_decode_evtsel(struct kp_decode *d, struct kp_item *it, int argc, char **argv);
int kp_decode_lvtpc(struct kp_decode *d, struct kp_item *it, int argc, char **argv);
int kp_decode_perf_caps(struct kp_decode *d, struct kp_item *it, int argc, char **argv);
int kp_decode_exit(struct kp_decode *d, struct kp_item *it, int argc, char **argv);
int kp_decode_esr(struct kp_decode *d, struct kp_item *it, int argc, char **argv);
int kp_decode_attr(struct kp_decode *d, struct kp_item *it, int argc, char **argv);
int kp_decode_encode(struct kp_decode *d, struct kp_item *it, int argc, char **argv);

/** kp_decode_list - --list [WHAT]: 0 or -errno; -EINVAL after saying what is wrong */
int kp_decode_list(struct kp_decode *d, const char *what);

/** kp_decode_number - decimal or 0x; -EINVAL after saying what is wrong */
int kp_decode_number(const char *what, const char *s, uint64_t *out);

/** kp_decode_error - a message with the command's name before it; returns -EINVAL */
int kp_decode_error(const char *fmt, ...) KP_PRINTF(1, 2);

/** kp_decode_event - name selector @evtsel on one PMU of @cpu */
int kp_decode_event(struct kp_decode *d, struct kp_item *it, const struct kp_cpu *cpu,
		    unsigned int pmu, uint64_t evtsel, uint64_t extra);

/** kp_decode_events - name selector @evtsel on every PMU that --model asks about */
int kp_decode_events(struct kp_decode *d, struct kp_item *it, const char *arch, uint64_t evtsel,
		     uint64_t extra);

#endif
