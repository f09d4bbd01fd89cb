// SPDX-License-Identifier: GPL-2.0-only
/*
 * decode_list.c - 'kvmpmu decode --list': everything that the tables know.
 */
#include <stdio.h>
#include <string.h>

#include "cmd/decode_item.h"
#include "decode/arm64_event.h"
#include "decode/arm64_sysreg.h"
#include "decode/event_table.h"
#include "decode/regtab.h"
#include "decode/x86_exit.h"
#include "decode/x86_msr.h"

static void row(struct kp_out *out, const char *kind, const char *arch, const char *name,
		uint64_t number, const char *meaning)
{
	kp_out_row(out, (struct kp_val[]){
				kp_val_str(kind),
				kp_val_str(arch),
				kp_val_hex(number),
				kp_val_str(name),
				kp_val_str(meaning),
			});
}

static void list_table(struct kp_out *out, const char *kind, const char *arch,
		       const struct kp_reg *r)
{
	const struct kp_reg *one[2] = { r, NULL };
	const struct kp_reg_set set = { (const struct kp_reg *const *)one, NULL, NULL };
	uint32_t i, reg;
	char name[64];

	for (; r->name; r++) {
		one[0] = r;
		for (i = 0; i < (r->count ? r->count : 1u); i++) {
			reg = r->first + i * r->stride;
			row(out, kind, arch, kp_reg_name(&set, reg, name, sizeof(name)), reg,
			    r->help);
		}
	}
}

static void list_arch(struct kp_out *out, const char *kind, const char *arch)
{
	const struct kp_reg *const *t;

	for (t = kp_arch_by_name(arch)->regs->tables; *t; t++)
		list_table(out, kind, arch, *t);
}

static void list_kernel_names(struct kp_out *out, const char *kind, const char *arch, uint32_t step,
			      const char *(*alias)(uint32_t reg, unsigned int n),
			      bool (*next)(uint32_t *reg))
{
	const struct kp_reg_set *set = kp_arch_by_name(arch)->regs;
	unsigned int n, index;
	const char *name;
	uint32_t reg;

	for (reg = 0; next(&reg); reg += step) {
		for (n = 0; !kp_reg_find(set, reg, &index) && (name = alias(reg, n)); n++)
			row(out, kind, "kernel", name, reg, NULL);
		if (reg > UINT32_MAX - step)
			break;
	}
}

static void list_msr(struct kp_out *out, const struct kp_decode *d)
{
	if (!d->arch || !strcmp(d->arch->name, "intel"))
		list_arch(out, "msr", "intel");
	if (!d->arch || !strcmp(d->arch->name, "amd"))
		list_arch(out, "msr", "amd");
	list_kernel_names(out, "msr", "intel", 1, kp_msr_kernel_alias, kp_msr_kernel_next);
}

static void list_sysreg(struct kp_out *out, const struct kp_decode *d)
{
	list_arch(out, "sysreg", "arm64");
	list_kernel_names(out, "sysreg", "arm64", 1, kp_sysreg_alias, kp_sysreg_next);
}

static void list_vmcs(struct kp_out *out, const struct kp_decode *d)
{
	list_table(out, "vmcs", "intel", kp_vmcs_regs);
}

static void list_exit(struct kp_out *out, const struct kp_decode *d)
{
	uint32_t code;

	for (code = 0; kp_vmx_exit_next(&code); code++)
		row(out, "exit", "vmx", kp_vmx_exit_name(code), code,
		    kp_vmx_exit_help(code));
	for (code = 0; kp_svm_exit_next(&code); code++) {
		row(out, "exit", "svm", kp_svm_exit_name(code), code,
		    kp_svm_exit_help(code));
		if (code == UINT32_MAX)
			break;
	}
	for (code = 0; code < 64; code++)
		if (kp_user_exit_name(code))
			row(out, "exit", "user", kp_user_exit_name(code), code, NULL);
}

static void list_esr(struct kp_out *out, const struct kp_decode *d)
{
	uint8_t ec;

	for (ec = 0; ec < 64; ec++)
		if (kp_esr_class_name(ec))
			row(out, "esr", "arm64", kp_esr_class_name(ec), ec, kp_esr_class_help(ec));
}

static void list_models(struct kp_out *out, const struct kp_decode *d)
{
	const struct kp_cpu *cpu;
	unsigned int iter = 0, p;
	char text[128];
	size_t len;

	while ((cpu = kp_cpu_next(&iter))) {
		if (d->arch && strcmp(d->arch->name, cpu->arch))
			continue;
		for (p = 0, len = 0; p < cpu->nr_pmus; p++)
			len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s (%s)",
						p ? ", " : "", cpu->pmus[p].name,
						cpu->pmus[p].uarch);
		kp_out_row(out, (struct kp_val[]){
					kp_val_str("model"),
					kp_val_str(cpu->arch),
					kp_val_none(),
					kp_val_str(cpu->name),
					kp_val_str(text),
				});
	}
}

struct list_ctx {
	struct kp_out *out;
	const char *cpu;
};

static int list_pfm_row(void *ctx, uint64_t sel, uint64_t extra, const char *name)
{
	struct list_ctx *l = ctx;

	row(l->out, "event", l->cpu, name, sel, NULL);
	return 0;
}

static void list_x86_events(struct kp_out *out, const struct kp_cpu *cpu, const char *table)
{
	const struct kp_x86_table *t = kp_x86_table_find(table);
	size_t i;

	for (i = 0; t && i < t->nr; i++)
		row(out, "event", cpu->name, t->events[i].name, t->events[i].sel,
		    t->events[i].help);
}

static void list_pmu(struct kp_out *out, const struct kp_cpu *cpu, const struct kp_cpu_pmu *pmu)
{
	struct list_ctx ctx = { out, cpu->name };
	const char *const *p;
	struct kp_pfm *pfm;

	for (p = pmu->pfm; *p; p++) {
		if (kp_pfm_open(*p, UINT64_MAX, &pfm))
			continue;
		kp_pfm_each(pfm, list_pfm_row, &ctx);
		kp_pfm_close(pfm);
		return;
	}
	list_x86_events(out, cpu, pmu->table);
}

static void list_arm64_events(struct kp_out *out, const struct kp_cpu *cpu)
{
	const struct kp_arm64_core *core = kp_arm64_core_find(cpu->name);
	const struct kp_arm64_event *ev;
	enum kp_arm64_has has;
	size_t i, nr;

	ev = kp_arm64_events(&nr);
	for (i = 0; i < nr; i++) {
		kp_arm64_event_of(core, ev[i].code, &has);
		if (has != KP_ARM64_NO)
			row(out, "event", cpu->name, ev[i].name, ev[i].code, ev[i].help);
	}
	for (i = 0; core && i < core->nr_own; i++)
		row(out, "event", cpu->name, core->own[i].name, core->own[i].code, NULL);
}

static void list_events(struct kp_out *out, const struct kp_decode *d)
{
	static const char *const generic[] = { "intel", "amd", "arm64" };
	size_t i;
	unsigned int p;

	for (i = 0; !d->nr_cpus && i < KP_ARRAY_SIZE(generic); i++) {
		if (d->arch && strcmp(d->arch->name, generic[i]))
			continue;
		if (strcmp(generic[i], "arm64"))
			list_x86_events(out, kp_cpu_generic(generic[i]), generic[i]);
		else
			list_arm64_events(out, kp_cpu_generic("arm64"));
	}
	for (i = 0; i < d->nr_cpus; i++) {
		if (!strcmp(d->cpus[i]->arch, "arm64"))
			list_arm64_events(out, d->cpus[i]);
		for (p = 0; strcmp(d->cpus[i]->arch, "arm64") && p < d->cpus[i]->nr_pmus; p++)
			if (!d->pmu_name || !strcmp(d->pmu_name, d->cpus[i]->pmus[p].name))
				list_pmu(out, d->cpus[i], &d->cpus[i]->pmus[p]);
	}
}

static const struct {
	const char *name;
	void (*list)(struct kp_out *out, const struct kp_decode *d);
} lists[] = {
	{ "models", list_models }, { "msr", list_msr },	  { "sysreg", list_sysreg },
	{ "vmcs", list_vmcs },	   { "exit", list_exit }, { "esr", list_esr },
	{ "events", list_events },
};

int kp_decode_list(struct kp_decode *d, const char *what)
{
	static const enum kp_col cols[] = {
		KP_COL_KIND, KP_COL_ARCH, KP_COL_NUMBER, KP_COL_NAME, KP_COL_MEANING,
	};
	const struct kp_out_opts opts = {
		.format = d->format ? d->format : "text",
		.stream = stdout,
		.schema = "kvmpmu-decode-list/1",
		.color = d->ctx->color,
	};
	struct kp_out *out;
	bool hit = false;
	size_t i;
	int err;

	for (i = 0; what && i < KP_ARRAY_SIZE(lists); i++)
		hit |= !strcmp(lists[i].name, what);
	if (what && !hit)
		return kp_decode_error("--list %s: models, msr, sysreg, vmcs, exit, esr or events",
				       what);
	err = kp_out_new(&opts, &out);
	if (err)
		return err;
	kp_out_table(out, "known", "Known", cols, KP_ARRAY_SIZE(cols));
	for (i = 0; i < KP_ARRAY_SIZE(lists); i++)
		if (!what || !strcmp(lists[i].name, what))
			lists[i].list(out, d);
	kp_out_table_end(out);
	return kp_out_finish(out);
}
