/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * build.h - a plan in the making, private to src/collect. Everything here is pure: it looks at the
 * request, the host and the table of tracepoints, and opens nothing.
 */
#ifndef KP_COLLECT_BUILD_H
#define KP_COLLECT_BUILD_H

#include "lib/vec.h"
#include "plan.h"

/**
 * struct kp_build
 * @events, @notes, @warnings: owned, handed to the plan at the end
 * @err: where the first error is explained
 * @from_user: the events being added were named with -e
 */
struct kp_build {
	const struct kp_request *req;
	const struct kp_host *host;
	const struct kp_tracepoint_db *tps;
	KP_VEC(struct kp_plan_event) events;
	KP_VEC(char *) notes;
	KP_VEC(char *) warnings;
	char *err;
	size_t err_size;
	bool from_user;
};

/**
 * struct kp_mods - event modifiers, the letters behind the last colon
 * @user, @kernel, @hv, @guest, @host: were given
 * @period, @freq: from the terms of pmu/.../; 0 not given
 */
struct kp_mods {
	bool user, kernel, hv, guest, host;
	bool exclude_idle, pinned, exclusive, sample_read, precise_max, weak;
	uint8_t precise;
	uint64_t period, freq;
	int8_t inherit; /* -1 no, 1 yes, 0 not given */
};

/** kp_build_err - explain the error (the first one stays) and return @err */
int kp_build_err(struct kp_build *b, int err, const char *fmt, ...) KP_PRINTF(3, 4);
int kp_build_note(struct kp_build *b, const char *fmt, ...) KP_PRINTF(2, 3);
int kp_build_warn(struct kp_build *b, const char *fmt, ...) KP_PRINTF(2, 3);

/** kp_build_add - append an event of type and config; strings are copied. 0 or -errno */
int kp_build_add(struct kp_build *b, const struct perf_event_attr *attr, const char *name,
		 const struct kp_mods *mods);
/** kp_build_add_tracepoint - @id from the table; @filter may be NULL */
int kp_build_add_tracepoint(struct kp_build *b, const char *system, const char *name, int id,
			    const struct kp_mods *mods, const char *filter);
/** kp_build_side - whose events does this attr count; BOTH where its PMU knows no guests */
enum kp_count_side kp_build_side(const struct kp_host *host, const struct perf_event_attr *attr);
/** kp_build_last_cpus - bind the event added last to its PMU's CPUs */
int kp_build_last_cpus(struct kp_build *b, const char *cpus);
/** kp_build_last_system_wide - open the event added last on every CPU, whatever the target */
void kp_build_last_system_wide(struct kp_build *b);

/** kp_build_is_core - does this event count on a CPU core PMU, whose counters guests use too */
bool kp_build_is_core(const struct kp_host *host, const struct perf_event_attr *attr);

/**
 * kp_build_reaches - is any of @pmu's CPUs one that is recorded? An event that stands for one on
 * each core PMU does without those that are not. What is counted keeps them: its table says so
 */
bool kp_build_reaches(const struct kp_build *b, const struct kp_host_pmu *pmu);

/** kp_mods_parse - letters as perf knows them; 0 or -EINVAL */
int kp_mods_parse(const char *s, struct kp_mods *mods);

/** kp_spec_parse - one -e: events, groups, comma lists (spec.c) */
int kp_spec_parse(struct kp_build *b, const char *spec, const char *filter);

/** kp_terms_parse - "pmu/terms/" as one or more events (terms.c); @text names it in messages */
int kp_terms_parse(struct kp_build *b, const char *pmu, const char *terms, const char *text,
		   const struct kp_mods *mods);
/** kp_terms_alias - an event by the bare name of a core PMU's alias; -ENOENT: no such alias */
int kp_terms_alias(struct kp_build *b, const char *alias, const char *text,
		   const struct kp_mods *mods);

/** kp_name_find - type and config of perf's own event names (names.c); false: none */
bool kp_name_find(const char *name, uint32_t *type, uint64_t *config);

/** kp_pfm_find - a libpfm4 event (pfm.c); -ENOENT unknown, else 0 or -errno explained in @err */
int kp_pfm_find(const char *text, struct perf_event_attr *attr, char *err, size_t err_size);

/** kp_defaults_add - the default events, or --switch-detail's (defaults.c) */
int kp_defaults_add(struct kp_build *b);
int kp_defaults_add_switch_detail(struct kp_build *b);
/** kp_defaults_add_interrupts - kp_request.interrupts */
int kp_defaults_add_interrupts(struct kp_build *b);
/** kp_defaults_add_switch - --switch's event, and what else is worth its room beside it */
int kp_defaults_add_switch(struct kp_build *b);

/** kp_count_attr - make @attr one that is read, not sampled (plan_count.c) */
void kp_count_attr(struct perf_event_attr *attr);
/** kp_count_add_pair - the guest's half beside the host's event added last, where it may be had */
int kp_count_add_pair(struct kp_build *b, const struct kp_mods *mods);
/** kp_count_add_clocks - what measures time: first of all events */
int kp_count_add_clocks(struct kp_build *b);
int kp_count_add_defaults(struct kp_build *b);

#endif
