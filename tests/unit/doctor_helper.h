/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * doctor_helper.h - a host and who holds its counters, built by hand for the doctor's rules.
 */
#ifndef KP_TEST_DOCTOR_HELPER_H
#define KP_TEST_DOCTOR_HELPER_H

#include "doctor.h"

#define BENCH_MAX   16
#define BENCH_VCPUS 2

/* A case; findings of the last bench_examine(). bench_end() frees them. */
struct bench {
	struct kp_host host;
	struct kp_host_detail detail;
	struct kp_host_pmu pmus[BENCH_MAX];
	struct kp_owners owners;
	struct kp_owner_event events[BENCH_MAX];
	struct kp_owner_vm vms[BENCH_MAX];
	struct kp_owner_vcpu vcpus[BENCH_VCPUS];
	struct kp_host_messages messages;
	struct kp_host_message lines[BENCH_MAX];
	struct kp_doctor_command command;
	struct kp_case c;
	struct kp_findings findings;
};

/* A host with KVM, without PMUs; of AMD with one PMU; the same with mediated vPMU; big.LITTLE. */
void bench_init(struct bench *b, const char *machine);
void bench_x86(struct bench *b);
void bench_mediated(struct bench *b);
void bench_arm64(struct bench *b);

void bench_pmu(struct bench *b, const char *name, const char *cpus, bool core);
struct kp_owner_vm *bench_vm(struct bench *b, uint32_t pid, const char *name, enum kp_tri mediated);
struct kp_owner_vcpu *bench_vcpu(struct bench *b, uint32_t pid, enum kp_vpmu_mode mode);

/* Cycles on CPU 0; @pid 0: the NMI watchdog's. It blocks unless it excludes guests. */
struct kp_owner_event *bench_event(struct bench *b, uint32_t pid, const char *comm, uint32_t flags);

/* Of the kernel, since boot and during the command. */
void bench_message(struct bench *b, const char *text);
void bench_command(struct bench *b, const char *name, const char *line, int status,
		   const char *output);

void bench_examine(struct bench *b);
void bench_end(struct bench *b);

/* Examine, and fail the test unless the finding is there with this severity, or is not there. */
const struct kp_finding *bench_has(struct bench *b, const char *id, enum kp_severity severity);
void bench_lacks(struct bench *b, const char *id);

/* Fail the test unless a piece of evidence is about @pid and says @words. */
void evidence_has(const struct kp_finding *f, uint32_t pid, const char *words);

#endif
