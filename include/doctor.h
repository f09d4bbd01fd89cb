/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * doctor.h - findings: what is wrong with who holds the counters, or will surprise, with evidence,
 * cause and one fix. Judges what host and owners were found to be; looks at nothing itself.
 * Includes owner.h.
 */
#ifndef KP_DOCTOR_H
#define KP_DOCTOR_H

#include "owner.h"

/**
 * enum kp_severity - how bad
 * @KP_NOTE: good to know, nothing is wrong
 * @KP_WARNING: something will be refused, or counts less than it seems to, once it is tried
 * @KP_PROBLEM: something was refused, or counts wrongly, now
 */
enum kp_severity { KP_NOTE = 0, KP_WARNING, KP_PROBLEM };

/**
 * struct kp_evidence - one fact that a finding rests on; in kp_finding
 * @kind: "vm", "vcpu", "process", "event", "pmu", "setting", "kernel", "message", "command"
 * @pid, @tid: of which process and thread, 0 none
 * @text: owned
 */
struct kp_evidence {
	const char *kind;
	uint32_t pid, tid;
	char *text;
};

/**
 * struct kp_finding - in kp_findings
 * @id: for programs; never changes its meaning
 * @title, @cause, @fix: sentences for people; owned
 * @evidence: at least one; owned
 */
struct kp_finding {
	const char *id;
	enum kp_severity severity;
	char *title;
	char *cause;
	char *fix;
	struct kp_evidence *evidence;
	size_t nr_evidence;
};

/** struct kp_findings - worst first; zero-initialise, kp_findings_free() */
struct kp_findings {
	struct kp_finding *at;
	size_t nr;
};

/**
 * struct kp_doctor_command - how a command that ran under watch ended
 * @name: of its program, without the path; @line: the whole command line; @status: as a shell has
 *	it, 128 + signal
 * @output: what it wrote to standard error, or the last part of it
 * @messages: what the kernel logged meanwhile
 */
struct kp_doctor_command {
	const char *name;
	const char *line;
	int status;
	const char *output;
	const struct kp_host_messages *messages;
};

/**
 * struct kp_case - what is judged; everything borrowed
 * @owners: now; @before: before the command, both may be NULL
 * @messages: of the kernel since boot; @command: NULL none
 */
struct kp_case {
	const struct kp_host *host;
	const struct kp_host_detail *detail;
	const struct kp_owners *owners;
	const struct kp_owners *before;
	const struct kp_host_messages *messages;
	const struct kp_doctor_command *command;
};

/** kp_doctor_examine - adds to @out what it finds. 0 or -ENOMEM */
int kp_doctor_examine(const struct kp_case *c, struct kp_findings *out);

/**
 * kp_findings_merge - move what is new in @from to @into: findings of other ids, evidence that is
 * not there yet, the worse severity. @from is empty then. 0 or -ENOMEM
 */
int kp_findings_merge(struct kp_findings *into, struct kp_findings *from);

/** kp_findings_worst - severity of the worst, KP_NOTE when there is none */
enum kp_severity kp_findings_worst(const struct kp_findings *findings);

const struct kp_finding *kp_findings_get(const struct kp_findings *findings, const char *id);

void kp_findings_free(struct kp_findings *findings);

#endif
