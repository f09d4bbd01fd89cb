// SPDX-License-Identifier: GPL-2.0-only
/*
 * decode_event.c - 'kvmpmu decode' of events: a perf event to its attr and what :G and :H mean
 * there, and an event's name to the value of its selector.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/decode_item.h"
#include "decode/arm64_event.h"
#include "host.h"
#include "plan.h"

#define NO_BITS 255 /* a number that is no part of a register */

static int add_number(struct kp_item *it, const char *name, uint64_t v, const char *meaning)
{
	struct kp_regfield f = {
		.hi = NO_BITS, .lo = NO_BITS, .name = name, .value = v, .meaning = meaning
	};

	return kp_item_fields(it, &f, 1);
}

/* ---- attr ---- */

static const char *type_name(const struct kp_host *host, uint32_t type)
{
	static const char *const names[] = {
		[PERF_TYPE_HARDWARE] = "hardware: the kernel's generic events",
		[PERF_TYPE_SOFTWARE] = "software",
		[PERF_TYPE_TRACEPOINT] = "tracepoint",
		[PERF_TYPE_HW_CACHE] = "cache: the kernel's generic cache events",
		[PERF_TYPE_RAW] = "raw: config is the event selector",
		[PERF_TYPE_BREAKPOINT] = "breakpoint",
	};
	size_t i;

	if (type < KP_ARRAY_SIZE(names))
		return names[type];
	for (i = 0; i < host->nr_pmus; i++)
		if (host->pmus[i].type == type)
			return host->pmus[i].name;
	return "a PMU of this machine";
}

/* perf_event_attr's bits, include/uapi/linux/perf_event.h */
static int add_bits(struct kp_item *it, const struct perf_event_attr *a)
{
	const struct {
		const char *name;
		uint64_t v;
		const char *meaning;
	} bits[] = {
		{ "exclude_user", a->exclude_user, "user space is left out" },
		{ "exclude_kernel", a->exclude_kernel, "the kernel is left out" },
		{ "exclude_hv", a->exclude_hv, "hypervisor mode is left out" },
		{ "exclude_idle", a->exclude_idle, "the idle task is left out" },
		{ "exclude_host", a->exclude_host, "the host is left out (:G)" },
		{ "exclude_guest", a->exclude_guest, "guests are left out (:H)" },
		{ "precise_ip", a->precise_ip, "precise samples: PEBS, IBS or SPE" },
		{ "pinned", a->pinned, "always on the PMU, or in error" },
		{ "exclusive", a->exclusive, "shares the PMU with no other event" },
		{ "inherit", a->inherit, "children are counted too" },
		{ "freq", a->freq, "sample_period is a frequency" },
	};
	size_t i;
	int err = 0;

	for (i = 0; i < KP_ARRAY_SIZE(bits) && !err; i++)
		if (bits[i].v)
			err = add_number(it, bits[i].name, bits[i].v, bits[i].meaning);
	return err;
}

static int add_sides(struct kp_item *it, const struct perf_event_attr *a)
{
	int err = kp_item_count(it, "host kernel", !a->exclude_host && !a->exclude_kernel);

	if (!err)
		err = kp_item_count(it, "host user", !a->exclude_host && !a->exclude_user);
	if (!err)
		err = kp_item_count(it, "guest kernel", !a->exclude_guest && !a->exclude_kernel);
	if (!err)
		err = kp_item_count(it, "guest user", !a->exclude_guest && !a->exclude_user);
	if (err || (a->type == PERF_TYPE_SOFTWARE || a->type == PERF_TYPE_TRACEPOINT))
		return err;
	/* kernel/events/core.c, is_include_guest_event() and perf_create_mediated_pmu() */
	if (a->exclude_host && a->exclude_guest)
		return kp_item_note(it, "excludes host and guests both: it opens and counts "
					"nothing");
	if (!a->exclude_guest)
		return kp_item_note(it, "counts guests%s: it cannot be opened while a VM with a "
					"mediated vPMU runs (EOPNOTSUPP), and while it is open no "
					"such VM can be made (EBUSY)",
				    a->exclude_host ? " only" : " as well");
	return kp_item_note(it, "stops while a guest's mediated PMU context is loaded");
}

/* Name of the core PMU of that type, NULL: none of a core. */
static const char *core_pmu(const struct kp_host *host, uint32_t type)
{
	size_t i;

	for (i = 0; i < host->nr_pmus; i++)
		if (host->pmus[i].type == type && host->pmus[i].core)
			return host->pmus[i].name;
	return NULL;
}

/* --model, else on arm64 the core that the PMU is named after, else the machine's processor. */
static const struct kp_cpu *attr_cpu(const struct kp_decode *d, const struct kp_host *host,
				     const char *pmu)
{
	const struct kp_arm64_core *core = pmu ? kp_arm64_core_find(pmu) : NULL;
	const struct kp_cpu *cpu = NULL;

	if (d->nr_cpus)
		return d->cpus[0];
	if (core)
		return kp_cpu_find(core->name);
	if (host->cpuid)
		cpu = kp_cpu_of_cpuid(host->cpuid);
	return cpu ? cpu : d->arch ? kp_cpu_generic(d->arch->name) : NULL;
}

/* Which of the model's PMUs an event goes to; nr_pmus: none, so that config is no selector. */
static unsigned int attr_pmu(const struct kp_cpu *cpu, const char *pmu, uint32_t type)
{
	unsigned int p;

	for (p = 0; pmu && p < cpu->nr_pmus; p++)
		if (!strcmp(cpu->pmus[p].name, pmu))
			return p;
	/* one core PMU, whatever it is called; raw events go to the first */
	return type == PERF_TYPE_RAW || (pmu && cpu->nr_pmus == 1) ? 0 : cpu->nr_pmus;
}

/* The selector of an event of a core's PMU has a name of its own. */
static int add_raw(struct kp_decode *d, struct kp_item *it, const struct kp_host *host,
		   const struct perf_event_attr *a)
{
	const char *pmu = core_pmu(host, a->type);
	const struct kp_cpu *cpu = attr_cpu(d, host, pmu);
	unsigned int p = cpu ? attr_pmu(cpu, pmu, a->type) : 0;

	if (!cpu || p >= cpu->nr_pmus)
		return 0;
	return kp_decode_event(d, it, cpu, p, a->config, a->config1);
}

static int fill_attr(struct kp_decode *d, struct kp_item *it, const struct kp_host *host,
		     const struct kp_plan_event *ev)
{
	const struct perf_event_attr *a = &ev->attr;
	int err = kp_item_str(&it->name, "%s", ev->name);

	if (!err)
		err = add_number(it, "type", a->type, type_name(host, a->type));
	if (!err && a->type != PERF_TYPE_TRACEPOINT)
		err = add_number(it, "config", a->config, NULL);
	if (!err && a->config1)
		err = add_number(it, "config1", a->config1, NULL);
	if (!err && a->config2)
		err = add_number(it, "config2", a->config2, NULL);
	if (!err && a->sample_period)
		err = add_number(it, a->freq ? "sample_freq" : "sample_period", a->sample_period,
				 NULL);
	if (!err)
		err = add_bits(it, a);
	if (!err)
		err = add_sides(it, a);
	return err ? err : add_raw(d, it, host, a);
}

/* No recording is made: any tracepoint will do. */
static int any_id(void *ctx, const char *system, const char *name)
{
	return 0;
}

static int add_events(struct kp_decode *d, struct kp_item *it, const struct kp_host *host,
		      const struct kp_plan *plan, const char *input)
{
	struct kp_item more = { .kind = it->kind };
	bool first = true;
	size_t i;
	int err = 0;

	for (i = 0; i < plan->nr_events && !err; i++) {
		if (plan->events[i].sideband)
			continue;
		if (!first) { /* the one before goes on its own; it stays the last of a group */
			err = kp_vec_push(&d->items, *it);
			if (err)
				return err;
			*it = more;
			err = kp_item_str(&it->input, "%s", input);
		}
		if (!err)
			err = fill_attr(d, it, host, &plan->events[i]);
		first = false;
	}
	return err;
}

int kp_decode_attr(struct kp_decode *d, struct kp_item *it, int argc, char **argv)
{
	const struct kp_request_event event = { .spec = argv[0] };
	const struct kp_request req = {
		.events = &event,
		.nr_events = 1,
		.target = KP_TARGET_SYSTEM,
		.include_guest = true,
	};
	const struct kp_tracepoint_db tps = { .id = any_id };
	struct kp_sysroot *root = NULL;
	struct kp_host *host = NULL;
	struct kp_plan *plan = NULL;
	char msg[512] = "";
	int err;

	err = kp_sysroot_open(d->ctx->sysroot, &root);
	if (!err)
		err = kp_host_collect(root, KP_HOST_CPU | KP_HOST_PMU | KP_HOST_PMU_EVENTS, &host);
	if (!err) {
		host->mediated_vm_blocks = KP_TRI_NO; /* nothing is opened: nothing to refuse */
		err = kp_plan_make(&req, host, &tps, &plan, msg, sizeof(msg));
	}
	if (err && msg[0])
		err = kp_decode_error("%s", msg);
	if (!err)
		err = add_events(d, it, host, plan, argv[0]);
	kp_plan_free(plan);
	kp_host_free(host);
	kp_sysroot_free(root);
	return err;
}

/* ---- encode ---- */

static int where_it_goes(struct kp_item *it, const struct kp_cpu *cpu, const struct kp_evcode *code)
{
	int err = 0;

	if (!strcmp(cpu->arch, "intel"))
		err = kp_item_note(it, "goes into IA32_PERFEVTSEL0-7 (MSR 0x186 and on)");
	else if (!strcmp(cpu->arch, "amd"))
		err = kp_item_note(it, "goes into PERF_CTL0-5 (MSR 0xc0010200, every second one)");
	else
		err = kp_item_note(it, "goes into PMEVTYPER0-30_EL0");
	if (!err && code->has_extra)
		err = kp_item_note(it, "and 0x%jx into its extra register (off-core response, "
				       "load latency or front end)",
				   (uintmax_t)code->extra);
	if (!err && (code->guest || code->host) && strcmp(cpu->arch, "amd"))
		err = kp_item_note(it, "no bit of the selector tells guest from host here: :G and "
				       ":H are perf's exclude_host and exclude_guest");
	return err;
}

/* What was encoded, decoded again: fields, event, where it counts. */
static int show_value(struct kp_decode *d, struct kp_item *it, const struct kp_cpu *cpu,
		      const struct kp_evcode *code)
{
	char sel[24], extra[24], *args[] = { sel, extra };
	struct kp_item again = { 0 };
	int err;

	snprintf(sel, sizeof(sel), "0x%jx", (uintmax_t)code->evtsel);
	snprintf(extra, sizeof(extra), "0x%jx", (uintmax_t)code->extra);
	err = kp_decode_evtsel(d, &again, code->has_extra ? 2 : 1, args);
	if (err) {
		kp_item_free(&again);
		return err;
	}
	again.kind = it->kind;
	again.input = it->input;
	*it = again;
	return where_it_goes(it, cpu, code);
}

int kp_decode_encode(struct kp_decode *d, struct kp_item *it, int argc, char **argv)
{
	const struct kp_cpu *cpu = d->nr_cpus ? d->cpus[0] : NULL;
	struct kp_evcode code;
	unsigned int p = 0;
	char msg[256] = "";
	int err;

	if (!cpu && d->arch)
		cpu = kp_cpu_generic(d->arch->name);
	if (!cpu)
		return kp_decode_error("encode needs --model, or --arch for architectural events");
	for (p = 0; d->pmu_name && p < cpu->nr_pmus; p++)
		if (!strcmp(cpu->pmus[p].name, d->pmu_name))
			break;
	if (p >= cpu->nr_pmus)
		return kp_decode_error("--pmu %s: no such PMU in %s", d->pmu_name, cpu->name);
	err = kp_evname_encode(d->names, cpu, p, argv[0], &code, msg, sizeof(msg));
	if (err == -ENOENT || err == -EINVAL)
		return kp_decode_error("%s: %s", argv[0], msg[0] ? msg : "no such event");
	return err ? err : show_value(d, it, cpu, &code);
}
