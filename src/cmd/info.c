// SPDX-License-Identifier: GPL-2.0-only
/*
 * info.c - kvmpmu info: the host's CPU, PMUs and KVM, whether the mediated vPMU can be had, and why
 * not. Only looks: opens no event and makes no VM. Options and the document.
 */
#include "cmd/info.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "config.h"
#include "lib/buf.h"

struct request {
	const char *format;
	const char *snapshot;
};

static const struct kp_usage usage = {
	.synopsis = "kvmpmu [--sysroot=DIR|FILE] info [OPTIONS]",
	.text = "Shows the host's CPU, PMUs, KVM and kernel as far as they concern the PMU,\n"
		"whether KVM can mediate it to guests, and which requirement fails.\n"
		"Opens no event.",
	.footer = "Examples:\n"
		  "  kvmpmu info\n"
		  "  kvmpmu info --snapshot host1.tar.gz\n"
		  "  kvmpmu --sysroot host1.tar.gz info --format json",
};

/* for programs, for people, and what the reason is to people */
static const struct {
	const char *id, *title, *reason;
} states[] = {
	[KP_HOST_MEDIATED_UNKNOWN] = { "unknown", "off; perhaps possible here", "Why" },
	[KP_HOST_MEDIATED_NO] = { "impossible", "not possible here", "Why" },
	[KP_HOST_MEDIATED_OFF] = { "off", "off, but possible here", "How" },
	[KP_HOST_MEDIATED_ON] = { "on", "on", NULL },
};

static struct kp_val tri(enum kp_tri t)
{
	return t == KP_TRI_UNKNOWN ? kp_val_none() : kp_val_bool(t == KP_TRI_YES);
}

static struct kp_val number(int64_t n)
{
	return n < 0 ? kp_val_none() : kp_val_u64((uint64_t)n);
}

/* Why the state is what it is, or what to do; empty: nothing to say. */
static void reason_of(const struct kp_host_detail *d, char *buf, size_t size)
{
	const struct kp_host_need *n, *end = d->needs + d->nr_needs;
	int unknown = 0;

	*buf = '\0';
	for (n = d->needs; n < end; n++)
		unknown += n->met == KP_TRI_UNKNOWN;
	for (n = d->needs; n < end && n->met != KP_TRI_NO; n++)
		;
	if (d->mediated == KP_HOST_MEDIATED_OFF)
		snprintf(buf, size, "load %s with enable_mediated_pmu=1", d->module);
	else if (d->mediated == KP_HOST_MEDIATED_NO && n < end)
		snprintf(buf, size, "needs %s: %s", n->title, n->why);
	else if (d->mediated == KP_HOST_MEDIATED_UNKNOWN)
		snprintf(buf, size, "no requirement is seen to fail, %d cannot be seen", unknown);
}

/* What KVM gives its guests now. */
static const char *guest_pmu(const struct kp_info *in)
{
	const struct kp_host *h = in->host;
	size_t i;

	if (h->kvm == KP_TRI_NO)
		return "none: there is no KVM";
	if (h->nr_pmus && kp_info_core(in) < 0)
		return "none: the host has no core PMU";
	if (kp_host_find_pmu(h, "cpu_core") || kp_host_find_pmu(h, "cpu_atom"))
		return "none: KVM gives none on hybrid x86";
	if (h->kvm_enable_pmu == KP_TRI_NO) /* KVM sets it to N in the cases above, too */
		return "none: kvm.enable_pmu=N";
	for (i = 0; i < in->detail->nr_caps; i++)
		if (!strcmp(in->detail->caps[i].name, "KVM_CAP_ARM_PMU_V3") &&
		    !in->detail->caps[i].value)
			return "none: KVM has no KVM_CAP_ARM_PMU_V3";
	if (in->detail->mediated == KP_HOST_MEDIATED_ON)
		return "mediated (none without an in-kernel irqchip)";
	return h->kvm == KP_TRI_YES ? "emulated by host events" : NULL;
}

static void show_host(const struct kp_info *in)
{
	const struct kp_host *h = in->host;
	struct kp_out *out = in->out;
	char cpus[256];

	snprintf(cpus, sizeof(cpus), "%u of %u online: %s", h->nr_cpus_online, h->nr_cpus_avail,
		 h->online ? h->online : "-");
	kp_out_field(out, "host.name", "Host", KP_UNIT_NONE, kp_val_str(h->hostname));
	kp_out_field(out, "host.kernel", "Kernel", KP_UNIT_NONE, kp_val_str(h->osrelease));
	kp_out_field(out, "host.arch", "Architecture", KP_UNIT_NONE, kp_val_str(h->machine));
	kp_out_field(out, "host.cpu", "CPU", KP_UNIT_NONE, kp_val_str(h->cpudesc));
	kp_out_field(out, "host.cpuid", "CPUID", KP_UNIT_NONE, kp_val_str(h->cpuid));
	kp_out_field(out, NULL, "CPUs", KP_UNIT_NONE,
		     h->nr_cpus_online ? kp_val_str(cpus) : kp_val_none());
	kp_out_field(out, "host.cpus", NULL, KP_UNIT_NONE, kp_val_str(h->online));
	kp_out_field(out, "host.cpus_online", NULL, KP_UNIT_COUNT,
		     h->nr_cpus_online ? kp_val_u64(h->nr_cpus_online) : kp_val_none());
	kp_out_field(out, "host.cpus_present", NULL, KP_UNIT_COUNT,
		     h->nr_cpus_avail ? kp_val_u64(h->nr_cpus_avail) : kp_val_none());
	kp_out_field(out, "host.virtual", "Itself a VM", KP_UNIT_NONE, tri(in->detail->hypervisor));
}

static void show_mediated(const struct kp_info *in)
{
	enum kp_host_mediated state = in->detail->mediated;
	char reason[160];

	reason_of(in->detail, reason, sizeof(reason));
	kp_out_field(in->out, "mediated.state", NULL, KP_UNIT_NONE, kp_val_str(states[state].id));
	kp_out_field(in->out, "mediated.reason", states[state].reason, KP_UNIT_NONE,
		     *reason ? kp_val_str(reason) : kp_val_none());
}

static void show_kvm(const struct kp_info *in)
{
	const struct kp_host_detail *d = in->detail;
	const char *config;
	char buf[16];

	config = kp_host_config_get(d, "CONFIG_BPF_SYSCALL", buf, sizeof(buf));
	kp_out_field(in->out, "kvm.present", "KVM", KP_UNIT_NONE, tri(in->host->kvm));
	kp_out_field(in->out, "kvm.module", "KVM's module", KP_UNIT_NONE, kp_val_str(d->module));
	kp_out_field(in->out, "kvm.guest_pmu", "Guests' PMU", KP_UNIT_NONE,
		     kp_val_str(guest_pmu(in)));
	kp_out_field(in->out, "trace.tracefs", "tracefs", KP_UNIT_NONE,
		     kp_val_str(in->host->tracefs));
	kp_out_field(in->out, "trace.kvm_events", "KVM tracepoints", KP_UNIT_NONE,
		     tri(d->kvm_events));
	kp_out_field(in->out, "trace.bpf", "Kernel has BPF", KP_UNIT_NONE,
		     config ? kp_val_bool(!strcmp(config, "y")) : kp_val_none());
	kp_out_field(in->out, "trace.btf", "Kernel has BTF", KP_UNIT_NONE, tri(d->btf));
	kp_out_field(in->out, "trace.libbpf", "Built with libbpf", KP_UNIT_NONE,
		     kp_val_bool(KP_HAVE_LIBBPF));
}

static void show_needs(const struct kp_info *in)
{
	static const enum kp_col cols[] = { KP_COL_DATA(KP_COL_NEED), KP_COL_NEED_TITLE, KP_COL_MET,
					    KP_COL_WHY };
	const struct kp_host_need *n;

	kp_out_table(in->out, "requirements", "What the mediated vPMU requires (\"-\": unknown)",
		     cols, KP_ARRAY_SIZE(cols));
	for (n = in->detail->needs; n < in->detail->needs + in->detail->nr_needs; n++)
		kp_out_row(in->out, (struct kp_val[]){ kp_val_str(n->id), kp_val_str(n->title),
						       tri(n->met), kp_val_str(n->why) });
	kp_out_table_end(in->out);
}

/* "name=value name=value"; into @buf, which is emptied first. "" when there is no memory left. */
static const char *joined(struct kp_buf *buf, const struct kp_host_attrs *attrs)
{
	size_t i;

	buf->len = 0;
	for (i = 0; i < attrs->nr; i++)
		if (kp_buf_printf(buf, "%s%s=%s", i ? " " : "", attrs->at[i].name,
				  attrs->at[i].value))
			break;
	return attrs->nr && buf->data ? buf->data : "";
}

static const char *filters_of(const struct kp_info *in)
{
	if (in->detail->vendor == KP_HOST_VENDOR_INTEL)
		return "u k";
	if (in->detail->vendor == KP_HOST_VENDOR_AMD)
		return "u k G H";
	if (in->host->machine && !strcmp(in->host->machine, "aarch64"))
		return "u k h";
	return NULL;
}

static struct kp_val can_mediate(const struct kp_info *in)
{
	if (in->detail->mediated == KP_HOST_MEDIATED_UNKNOWN)
		return kp_val_none();
	return kp_val_bool(in->detail->mediated != KP_HOST_MEDIATED_NO);
}

static void show_core_pmus(const struct kp_info *in)
{
	static const enum kp_col cols[] = {
		KP_COL_NAME,
		KP_COL_PMU_TYPE,
		KP_COL_CPUS,
		KP_COL_GENERAL,
		KP_COL_FIXED,
		KP_COL_WIDTH,
		KP_COL_PMU_VERSION,
		KP_COL_HW_FILTERS,
		KP_COL_MEDIATED,
		KP_COL_DATA(KP_COL_FORMATS),
		KP_COL_DATA(KP_COL_CAPS),
	};
	struct kp_buf formats = { 0 }, caps = { 0 };
	size_t i;

	kp_out_table(in->out, "core_pmus", "Core PMUs", cols, KP_ARRAY_SIZE(cols));
	for (i = 0; i < in->host->nr_pmus; i++) {
		const struct kp_host_pmu *p = &in->host->pmus[i];
		const struct kp_host_counters *c = &in->detail->counters[i];

		if (!p->core)
			continue;
		kp_out_row(in->out,
			   (struct kp_val[]){ kp_val_str(p->name), kp_val_u64(p->type),
					      kp_val_str(p->cpus ? p->cpus : in->host->online),
					      number(c->general), number(c->fixed),
					      number(c->width_bits), number(c->version),
					      kp_val_str(filters_of(in)), can_mediate(in),
					      kp_val_str(joined(&formats, &p->formats)),
					      kp_val_str(joined(&caps, &p->caps)) });
	}
	kp_out_table_end(in->out);
	kp_buf_free(&formats);
	kp_buf_free(&caps);
}

/* Servers have a hundred uncore PMUs: text counts those that differ in a number alone. */
static const char *other_names(const struct kp_info *in, struct kp_buf *buf)
{
	const char *last = NULL;
	size_t i, len, last_len = 0, same = 0;

	for (i = 0; i <= in->host->nr_pmus; i++) {
		const struct kp_host_pmu *p = i < in->host->nr_pmus ? &in->host->pmus[i] : NULL;

		if (p && p->core)
			continue;
		for (len = p ? strlen(p->name) : 0; len && strchr("0123456789", p->name[len - 1]);)
			len--;
		if (p && last && len == last_len && !strncmp(last, p->name, len)) {
			same++;
			continue;
		}
		if (last && (same ? kp_buf_printf(buf, "%s%.*s* (%zu)", buf->len ? ", " : "",
						  (int)last_len, last, same + 1)
				  : kp_buf_printf(buf, "%s%s", buf->len ? ", " : "", last)))
			break;
		last = p ? p->name : NULL;
		last_len = len;
		same = 0;
	}
	return buf->data;
}

/* Their own lines: beside the counters there is no room for them. */
static void show_core_caps(const struct kp_info *in)
{
	struct kp_buf caps = { 0 };
	char title[64];
	size_t i;

	for (i = 0; i < in->host->nr_pmus; i++) {
		const struct kp_host_pmu *p = &in->host->pmus[i];

		if (!p->core || !p->caps.nr)
			continue;
		snprintf(title, sizeof(title), "Caps of %s", p->name);
		kp_out_field(in->out, NULL, title, KP_UNIT_NONE,
			     kp_val_str(joined(&caps, &p->caps)));
	}
	kp_buf_free(&caps);
}

static void show_other_pmus(const struct kp_info *in)
{
	static const enum kp_col cols[] = { KP_COL_DATA(KP_COL_NAME), KP_COL_DATA(KP_COL_PMU_TYPE),
					    KP_COL_DATA(KP_COL_CPUS) };
	const struct kp_host_pmu *p;

	kp_out_table(in->out, "other_pmus", "Other PMUs", cols, KP_ARRAY_SIZE(cols));
	for (p = in->host->pmus; p < in->host->pmus + in->host->nr_pmus; p++)
		if (!p->core)
			kp_out_row(in->out,
				   (struct kp_val[]){ kp_val_str(p->name), kp_val_u64(p->type),
						      kp_val_str(p->cpus) });
	kp_out_table_end(in->out);
}

static void show_caps(const struct kp_info *in)
{
	static const enum kp_col cols[] = { KP_COL_NAME, KP_COL_CAPABILITY, KP_COL_MEANING };
	const struct kp_host_cap *c;

	kp_out_table(in->out, "capabilities", "KVM capabilities", cols, KP_ARRAY_SIZE(cols));
	for (c = in->detail->caps; c < in->detail->caps + in->detail->nr_caps; c++)
		kp_out_row(in->out, (struct kp_val[]){ kp_val_str(c->name), number(c->value),
						       kp_val_str(c->help) });
	kp_out_table_end(in->out);
}

static void show_notes(const struct kp_info *in)
{
	bool arm = in->host->machine && !strcmp(in->host->machine, "aarch64");
	size_t i, cores = 0;

	for (i = 0; i < in->host->nr_pmus; i++)
		cores += in->host->pmus[i].core;
	if (in->detail->mediated == KP_HOST_MEDIATED_ON)
		kp_out_note(in->out,
			    "while a mediated VM exists, events on the core PMU that count "
			    "guests too cannot be opened (EOPNOTSUPP): use :H or "
			    "exclude_guest; while such an event is open, no mediated VM "
			    "can start (EBUSY)");
	if (in->detail->mediated == KP_HOST_MEDIATED_UNKNOWN && in->detail->module)
		kp_out_note(in->out,
			    "to know, load %s with enable_mediated_pmu=1 and read the "
			    "parameter: KVM sets it back to N where a requirement fails",
			    in->detail->module);
	if (in->detail->mediated != KP_HOST_MEDIATED_NO && in->host->nmi_watchdog == KP_TRI_YES)
		kp_out_note(in->out, "nmi_watchdog is on: if its event is a perf event that counts "
				     "guests too, no mediated VM can start (EBUSY)");
	if (arm && cores > 1)
		kp_out_note(in->out,
			    "this host has %zu core PMUs: a vCPU's counters stand still "
			    "on CPUs of another PMU than its own; pin its vCPUs",
			    cores);
}

static void show(const struct kp_info *in)
{
	struct kp_buf names = { 0 };

	show_mediated(in);
	show_host(in);
	show_kvm(in);
	kp_out_field(in->out, NULL, "Other PMUs", KP_UNIT_NONE,
		     kp_val_str(other_names(in, &names)));
	show_core_caps(in);
	show_needs(in);
	show_core_pmus(in);
	show_other_pmus(in);
	kp_info_registers(in);
	show_caps(in);
	kp_info_parameters(in);
	show_notes(in);
	kp_buf_free(&names);
}

static int print(const struct kp_ctx *ctx, const struct request *rq, struct kp_info *in)
{
	char title[80];
	struct kp_out_opts opts = { .format = rq->format,
				    .stream = stdout,
				    .schema = "kvmpmu-info/1",
				    .title = title,
				    .color = ctx->color };
	int err;

	snprintf(title, sizeof(title), "Mediated vPMU: %s", states[in->detail->mediated].title);
	err = kp_out_new(&opts, &in->out);
	if (!err) {
		show(in);
		err = kp_out_finish(in->out);
	}
	if (err && err != -EPIPE)
		fprintf(stderr, "kvmpmu info: standard output: %s\n", strerror(-err));
	return err ? KP_EXIT_FAILED : KP_EXIT_OK;
}

static int take_snapshot(const struct kp_sysroot *root, const char *path)
{
	uint32_t nr = 0;
	int err = kp_snapshot_write(root, path, &nr);

	if (!err) {
		printf("%s: %u files saved; kvmpmu --sysroot %s info reads them\n", path, nr, path);
		return KP_EXIT_OK;
	}
	fprintf(stderr, "kvmpmu info: --snapshot %s: %s%s\n", path, strerror(-err),
		err == -EEXIST ? "; remove it or give another name" : "");
	return err == -EACCES || err == -EPERM ? KP_EXIT_NOT_PERMITTED : KP_EXIT_FAILED;
}

static int collect_and_print(const struct kp_ctx *ctx, const struct request *rq,
			     const struct kp_sysroot *root)
{
	struct kp_host *host = NULL;
	struct kp_host_detail *detail = NULL;
	struct kp_info in = { .root = root };
	int ret, err = kp_host_collect(root, KP_HOST_ALL & ~KP_HOST_VMS, &host);

	if (!err)
		err = kp_host_detail_collect(root, host, &detail);
	in.host = host;
	in.detail = detail;
	if (err)
		fprintf(stderr, "kvmpmu info: %s\n", strerror(-err));
	ret = err ? KP_EXIT_FAILED : print(ctx, rq, &in);
	kp_host_detail_free(detail);
	kp_host_free(host);
	return ret;
}

static int open_failed(const char *path, int err)
{
	if (err == -EBADMSG)
		fprintf(stderr,
			"kvmpmu info: --sysroot %s: no snapshot of 'kvmpmu info --snapshot', "
			"or damaged\n",
			path);
	else
		fprintf(stderr,
			"kvmpmu info: --sysroot %s: %s; give a directory with proc and sys, "
			"or a file of 'kvmpmu info --snapshot'\n",
			path ? path : "/", strerror(-err));
	return err == -EACCES || err == -EPERM ? KP_EXIT_NOT_PERMITTED : KP_EXIT_FAILED;
}

static int run(const struct kp_ctx *ctx, int argc, char **argv)
{
	struct request rq = { .format = "text" };
	const struct kp_opt opts[] = {
		KP_OPT_ROW_FORMAT(&rq.format),
		{ .name = "snapshot",
		  .arg = "FILE",
		  .type = KP_OPT_STR,
		  .dst = &rq.snapshot,
		  .help = "save what is read in FILE.tar.gz, for --sysroot" },
		{ 0 },
	};
	struct kp_sysroot *root;
	bool help;
	int ret, i = kp_opts_parse(argc, argv, opts, &usage, &help);

	if (help)
		return KP_EXIT_OK;
	if (i < 0)
		return KP_EXIT_USAGE;
	if (i < argc) {
		fprintf(stderr, "kvmpmu info: '%s' is too much; see 'kvmpmu info --help'\n",
			argv[i]);
		return KP_EXIT_USAGE;
	}
	ret = kp_sysroot_open(ctx->sysroot, &root);
	if (ret)
		return open_failed(ctx->sysroot, ret);
	ret = rq.snapshot ? take_snapshot(root, rq.snapshot) : collect_and_print(ctx, &rq, root);
	kp_sysroot_free(root);
	return ret;
}

const struct kp_cmd kp_cmd_info = {
	.name = "info",
	.summary = "shows CPU, PMUs and KVM, and why the mediated vPMU is on or not",
	.run = run,
};
