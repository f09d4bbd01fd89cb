/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rule.h - what a rule is, and what rules share. Private to src/doctor.
 */
#ifndef KP_DOCTOR_RULE_H
#define KP_DOCTOR_RULE_H

#include "doctor.h"

struct kp_exam;

/**
 * struct kp_rule - a thing that can be found
 * @severity: unless @look says otherwise
 * @title, @cause, @fix: unless @look says otherwise with kp_exam_title(), _cause(), _fix()
 * @look: adds evidence; without any there is no finding
 * @words: for @look's own use: fragments separated by newlines
 */
struct kp_rule {
	const char *id;
	enum kp_severity severity;
	const char *title, *cause, *fix;
	void (*look)(struct kp_exam *x);
	const char *words;
};

/**
 * struct kp_exam - one rule at work on one case
 * @found: what it found so far; its id is NULL until there is evidence
 */
struct kp_exam {
	const struct kp_case *c;
	const struct kp_rule *rule;
	struct kp_finding found;
	int err;
};

/** kp_exam_add - a piece of evidence */
void kp_exam_add(struct kp_exam *x, const char *kind, uint32_t pid, uint32_t tid, const char *fmt,
		 ...) KP_PRINTF(5, 6);
void kp_exam_title(struct kp_exam *x, const char *fmt, ...) KP_PRINTF(2, 3);
void kp_exam_cause(struct kp_exam *x, const char *fmt, ...) KP_PRINTF(2, 3);
void kp_exam_fix(struct kp_exam *x, const char *fmt, ...) KP_PRINTF(2, 3);
/** kp_exam_severity - at least @severity */
void kp_exam_severity(struct kp_exam *x, enum kp_severity severity);

/* ---- facts of a case that several rules ask for (facts.c) ---- */

bool kp_case_is_arm64(const struct kp_case *c);

/** kp_case_mediated - is enable_mediated_pmu in force */
bool kp_case_mediated(const struct kp_case *c);

/** kp_case_nr_core_pmus - how many; more than one: a heterogeneous host */
size_t kp_case_nr_core_pmus(const struct kp_case *c);

/** kp_case_core_pmu - the first core PMU; NULL none */
const struct kp_host_pmu *kp_case_core_pmu(const struct kp_case *c);

/** kp_case_parameter - "kvm_amd.enable_mediated_pmu"; "" unless kvm_intel or kvm_amd is there */
const char *kp_case_parameter(const struct kp_case *c);

/**
 * kp_vm_may_be_mediated - YES, NO, or UNKNOWN: it could be, as far as can be seen
 */
enum kp_tri kp_vm_may_be_mediated(const struct kp_case *c, const struct kp_owners *owners,
				  const struct kp_owner_vm *vm);

/** kp_exam_add_mediated_vms - as evidence; returns how many are surely mediated */
size_t kp_exam_add_mediated_vms(struct kp_exam *x, const struct kp_owners *owners);

/**
 * kp_exam_add_blockers - processes with events that count guests, as evidence, and the NMI watchdog
 * where its event is among them; returns how many are sure to
 */
size_t kp_exam_add_blockers(struct kp_exam *x, const struct kp_owners *owners);

/**
 * kp_watchdog_events - how many events of the NMI watchdog stand in a VM's way; @owners may be NULL
 */
size_t kp_watchdog_events(const struct kp_owners *owners);

/** kp_only_watchdog - nothing else may stand in a VM's way: its switch is the fix */
bool kp_only_watchdog(const struct kp_owners *owners);

/** kp_event_words - "cycles on cpu, CPU 3": what it counts where; into @buf, returned */
const char *kp_event_words(const struct kp_owner_event *e, char *buf, size_t size);

/** kp_vm_words - "web1 (qemu, 4 vCPUs)"; into @buf, returned */
const char *kp_vm_words(const struct kp_owner_vm *vm, char *buf, size_t size);

/** enum kp_fit - how a list of CPUs lies to another */
enum kp_fit { KP_FIT_UNKNOWN = 0, KP_FIT_INSIDE, KP_FIT_SPANS, KP_FIT_OUTSIDE };

/** kp_cpus_fit - @cpus to the CPUs of @within; only CPUs of @online count (NULL: all) */
enum kp_fit kp_cpus_fit(const char *cpus, const char *within, const char *online);

/** kp_cpus_has - is @cpu in the list */
bool kp_cpus_has(const char *cpus, uint32_t cpu);

/* ---- the rules, by subject; each table ends with a row without id ---- */

extern const struct kp_rule kp_rules_owner[], kp_rules_event[], kp_rules_guest[], kp_rules_arm64[],
	kp_rules_host[], kp_rules_message[], kp_rules_command[];

#endif
