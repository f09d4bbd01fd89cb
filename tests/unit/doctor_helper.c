// SPDX-License-Identifier: GPL-2.0-only
/*
 * doctor_helper.c - a host and who holds its counters, built by hand for the doctor's rules.
 */
#include "kp_test.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "doctor_helper.h"

void bench_init(struct bench *b, const char *machine)
{
	memset(b, 0, sizeof(*b));
	b->host.machine = (char *)machine;
	b->host.online = (char *)"0-3";
	b->host.kvm = KP_TRI_YES;
	b->host.kvm_enable_pmu = KP_TRI_YES;
	b->host.kvm_mediated_param = KP_TRI_NO;
	b->host.nmi_watchdog = KP_TRI_NO;
	b->host.paranoid = -1;
	b->host.pmus = b->pmus;
	b->detail.vendor = KP_HOST_VENDOR_AMD;
	b->detail.module = "kvm_amd";
	b->owners.from_bpf = b->owners.watchdog_seen = true;
	b->owners.events = b->events;
	b->owners.vms = b->vms;
	b->owners.vcpus = b->vcpus;
	b->c = (struct kp_case){ .host = &b->host,
				 .detail = &b->detail,
				 .owners = &b->owners,
				 .messages = &b->messages };
	b->messages.at = b->lines;
}

void bench_pmu(struct bench *b, const char *name, const char *cpus, bool core)
{
	b->pmus[b->host.nr_pmus++] =
		(struct kp_host_pmu){ .name = (char *)name, .cpus = (char *)cpus, .core = core };
}

void bench_x86(struct bench *b)
{
	bench_init(b, "x86_64");
	bench_pmu(b, "cpu", NULL, true);
}

void bench_mediated(struct bench *b)
{
	bench_x86(b);
	b->host.kvm_mediated_param = KP_TRI_YES;
}

void bench_arm64(struct bench *b)
{
	bench_init(b, "aarch64");
	b->detail = (struct kp_host_detail){ 0 };
	bench_pmu(b, "armv8_cortex_a53", "0-1", true);
	bench_pmu(b, "armv8_cortex_a72", "2-3", true);
}

struct kp_owner_vm *bench_vm(struct bench *b, uint32_t pid, const char *name, enum kp_tri mediated)
{
	struct kp_owner_vm *vm = &b->vms[b->owners.nr_vms++];

	*vm = (struct kp_owner_vm){
		.pid = pid, .name = (char *)name, .vmm = "qemu", .nr_vcpus = 2, .mediated = mediated
	};
	b->owners.nr_mediated_vms += mediated == KP_TRI_YES;
	return vm;
}

struct kp_owner_vcpu *bench_vcpu(struct bench *b, uint32_t pid, enum kp_vpmu_mode mode)
{
	struct kp_owner_vcpu *v = &b->vcpus[b->owners.nr_vcpus];
	size_t vm = 0;

	while (vm < b->owners.nr_vms && b->vms[vm].pid != pid)
		vm++;
	*v = (struct kp_owner_vcpu){
		.pid = pid, .vm = vm, .tid = pid + 1 + (uint32_t)b->owners.nr_vcpus, .mode = mode
	};
	b->owners.nr_vcpus++;
	return v;
}

struct kp_owner_event *bench_event(struct bench *b, uint32_t pid, const char *comm, uint32_t flags)
{
	struct kp_owner_event *e = &b->events[b->owners.nr_events++];

	*e = (struct kp_owner_event){ .kind = pid ? KP_OWNER_USER : KP_OWNER_WATCHDOG,
				      .pid = pid,
				      .valid = KP_OWNER_HAS_ATTR | KP_OWNER_HAS_CPU,
				      .flags = flags,
				      .core = KP_TRI_YES,
				      .blocks = flags & KP_OWNER_EXCLUDE_GUEST ? KP_TRI_NO
									       : KP_TRI_YES };
	snprintf(e->comm, sizeof(e->comm), "%s", comm);
	snprintf(e->pmu, sizeof(e->pmu), "cpu");
	b->owners.nr_include_guest += e->blocks == KP_TRI_YES;
	return e;
}

void bench_message(struct bench *b, const char *text)
{
	b->lines[b->messages.nr] = (struct kp_host_message){ .seq = b->messages.nr,
							     .time_us = 1500000,
							     .text = (char *)text };
	b->messages.nr++;
}

void bench_command(struct bench *b, const char *name, const char *line, int status,
		   const char *output)
{
	b->command = (struct kp_doctor_command){ .name = name,
						 .line = line,
						 .status = status,
						 .output = output,
						 .messages = &b->messages };
	b->c.command = &b->command;
}

void bench_examine(struct bench *b)
{
	kp_findings_free(&b->findings);
	assert_int_equal(kp_doctor_examine(&b->c, &b->findings), 0);
}

void bench_end(struct bench *b)
{
	kp_findings_free(&b->findings);
}

const struct kp_finding *bench_has(struct bench *b, const char *id, enum kp_severity severity)
{
	const struct kp_finding *f;

	bench_examine(b);
	f = kp_findings_get(&b->findings, id);
	if (!f)
		fail_msg("no finding %s", id);
	if (f->severity != severity)
		fail_msg("%s has severity %d, not %d", id, f->severity, severity);
	assert_true(f->nr_evidence > 0);
	assert_true(*f->title && *f->cause && *f->fix);
	return f;
}

void bench_lacks(struct bench *b, const char *id)
{
	bench_examine(b);
	if (kp_findings_get(&b->findings, id))
		fail_msg("finding %s, and should not", id);
}

void evidence_has(const struct kp_finding *f, uint32_t pid, const char *words)
{
	size_t i;

	for (i = 0; i < f->nr_evidence; i++)
		if (f->evidence[i].pid == pid && strstr(f->evidence[i].text, words))
			return;
	for (i = 0; i < f->nr_evidence; i++)
		print_message("evidence: pid %u: %s\n", f->evidence[i].pid, f->evidence[i].text);
	fail_msg("%s has no evidence of pid %u with '%s'", f->id, pid, words);
}
