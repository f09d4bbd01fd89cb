// SPDX-License-Identifier: GPL-2.0-only
/*
 * bpf_swprobe.c - loads and attaches the programs of src/bpf/switch.bpf.c: as fentry and fexit, or
 * as kprobes where the kernel refuses those, or the tracepoints alone where there is no mediated
 * vPMU.
 */
#include "collect/swprobe.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/str.h"
#include "switch.skel.h"

#define MAX_VCPUS  512
#define DISTS_EACH 16 /* exit reasons that a vCPU has, on average */

_Static_assert((int)KP_SW_DISTS == (int)KP_SWAGG_DISTS &&
		       (int)KP_SW_HANDLING == (int)KP_SWAGG_HANDLING &&
		       KP_SW_BUCKETS == KP_LOGHIST_BUCKETS,
	       "the kernel's sums are what swagg.h says");

/**
 * struct probe - a program of the switch, in both forms
 * @function: where it sits
 * @optional: without it the switch is still told
 */
struct probe {
	const char *function;
	const char *fentry, *kprobe;
	bool optional;
};

static const struct probe probes[] = {
	{ "kvm_mediated_pmu_load", "f_load", "k_load", false },
	{ "perf_load_guest_context", "f_loaded", "k_loaded", false },
	{ "kvm_mediated_pmu_load", "f_ready", "k_ready", false },
	{ "kvm_mediated_pmu_put", "f_put", "k_put", false },
	{ "perf_put_guest_context", "f_in", "k_in", false },
	{ "kvm_mediated_pmu_put", "f_done", "k_done", false },
	{ "kvm_handle_guest_mediated_pmi", "f_raised", "k_raised", true },
	{ "kvm_pmu_deliver_pmi", "f_delivered", "k_delivered", true },
};

static int fail(char *err, size_t size, int ret, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err, size, fmt, ap);
	va_end(ap);
	return ret;
}

/* ---- which functions there are ---- */

/* BTF of the kernel and, where KVM is a module, of it. */
struct btfs {
	struct btf *vmlinux, *kvm;
};

static int load_btfs(struct btfs *b, char *err, size_t size)
{
	b->vmlinux = btf__load_vmlinux_btf();
	if (!b->vmlinux)
		return fail(err, size, -EOPNOTSUPP,
			    "the kernel does not describe its types (no /sys/kernel/btf/vmlinux, "
			    "CONFIG_DEBUG_INFO_BTF): BPF programs cannot find KVM's");
	b->kvm = btf__load_module_btf("kvm", b->vmlinux);
	return 0;
}

static void free_btfs(struct btfs *b)
{
	btf__free(b->kvm);
	btf__free(b->vmlinux);
}

static bool has_function(const struct btfs *b, const char *name)
{
	return (b->kvm && btf__find_by_name_kind(b->kvm, name, BTF_KIND_FUNC) > 0) ||
	       btf__find_by_name_kind(b->vmlinux, name, BTF_KIND_FUNC) > 0;
}

/* Says in @err which functions are missing or idle; whether the switch can be probed. */
static bool has_switch(const struct btfs *b, const struct kp_swprobe_opts *opts, char *err,
		       size_t size)
{
	const char *missing = NULL;
	size_t i;

	for (i = 0; i < KP_ARRAY_SIZE(probes) && !missing; i++)
		if (!probes[i].optional && !has_function(b, probes[i].function))
			missing = probes[i].function;
	if (missing)
		snprintf(
			err, size,
			"this kernel has no %s(), so no mediated vPMU: exits are seen, PMU context "
			"switches are not",
			missing);
	if (missing || !opts->no_mediated || opts->how != KP_PROBE_AUTO)
		return !missing;
	snprintf(err, size,
		 "KVM gives guests no mediated vPMU here (enable_mediated_pmu is off): exits are "
		 "seen, PMU context switches there are none");
	return false;
}

/* ---- loading ---- */

static struct bpf_program *program(const struct kp_swprobe *p, const char *name)
{
	return bpf_object__find_program_by_name(p->skel->obj, name);
}

/* Those about PMIs run rarely enough for any guest. */
static bool is_used(const struct kp_swprobe *p, const struct probe *probe, enum kp_probe_how how)
{
	return how != KP_PROBE_EXITS || (p->pmis && probe->optional);
}

/* Only what will be attached may be loaded: a program of a missing function fails them all. */
static void choose_programs(struct kp_swprobe *p, const struct btfs *b, enum kp_probe_how how,
			    bool measure, bool registers)
{
	bool kprobes = how == KP_PROBE_KPROBE, wanted;
	bool emit = p->skel->rodata->config.mode & KP_SW_EMIT;
	struct bpf_program *prog;
	const char *name;
	size_t i;

	for (i = 0; i < KP_ARRAY_SIZE(probes); i++) {
		wanted = is_used(p, &probes[i], how) && has_function(b, probes[i].function);
		bpf_program__set_autoload(program(p, probes[i].fentry), wanted && !kprobes);
		bpf_program__set_autoload(program(p, probes[i].kprobe), wanted && kprobes);
	}
	bpf_object__for_each_program(prog, p->skel->obj)
	{
		name = bpf_program__name(prog);
		if (!strncmp(name, "f_cal", 5) || !strncmp(name, "k_cal", 5))
			bpf_program__set_autoload(prog, measure && (name[0] == 'k') == kprobes);
	}
	bpf_program__set_autoload(p->skel->progs.run_cal, measure);
	bpf_program__set_autoload(p->skel->progs.run_flush, emit);
	bpf_program__set_autoload(p->skel->progs.tp_user, p->skel->rodata->config.detail);
	if (registers)
		return;
	bpf_object__for_each_program(prog, p->skel->obj)
	{
		if (!strncmp(bpf_program__name(prog), "reg_", 4))
			bpf_program__set_autoload(prog, false);
	}
}

static int size_maps(struct kp_swprobe *p, const struct kp_swprobe_opts *opts)
{
	bool aggregate = opts->config.mode & KP_SW_AGGREGATE;
	uint32_t vcpus = !aggregate ? 1 : opts->max_vcpus ? opts->max_vcpus : MAX_VCPUS;
	int err;

	p->nr_sums = vcpus;
	err = bpf_map__set_max_entries(p->skel->maps.cpus, p->nr_cpus);
	if (!err)
		err = bpf_map__set_max_entries(p->skel->maps.rings, p->nr_cpus);
	if (!err)
		err = bpf_map__set_max_entries(p->skel->maps.vcpus, vcpus);
	if (!err)
		err = bpf_map__set_max_entries(p->skel->maps.sums, vcpus);
	if (!err)
		err = bpf_map__set_max_entries(p->skel->maps.places, vcpus);
	if (!err && opts->config.detail)
		err = bpf_map__set_max_entries(p->skel->maps.dists, vcpus * DISTS_EACH);
	if (!err && opts->registers)
		err = bpf_map__set_max_entries(p->skel->maps.regs, KP_SW_REGS);
	if (!err && opts->nr_targets > 512)
		err = bpf_map__set_max_entries(p->skel->maps.targets,
					       (uint32_t)opts->nr_targets * 2);
	return err;
}

static int map_shared(const struct bpf_map *map, size_t size, void **out)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);

	if (at == MAP_FAILED)
		return -errno;
	*out = at;
	return 0;
}

/* All places are free. */
static int set_places(struct kp_swprobe *p)
{
	int fd = bpf_map__fd(p->skel->maps.places);
	uint32_t i;

	for (i = p->nr_sums; i-- > 0;)
		if (bpf_map_update_elem(fd, NULL, &i, BPF_ANY))
			return -errno;
	return 0;
}

static int share_maps(struct kp_swprobe *p)
{
	void *cpus = NULL, *sums = NULL;
	int err;

	err = map_shared(p->skel->maps.cpus, p->nr_cpus * sizeof(*p->cpus), &cpus);
	p->cpus = cpus;
	if (!err)
		err = map_shared(p->skel->maps.sums, p->nr_sums * sizeof(*p->sums), &sums);
	p->sums = sums;
	return err ? err : set_places(p);
}

static void set_buckets(struct kp_swprobe *p)
{
	unsigned int octave;
	uint32_t v;

	_Static_assert(KP_SW_TABLE_BITS - KP_LOGHIST_SUB_BITS == 8 && KP_LOGHIST_SUBS == 16,
		       "what bucket_of() has as octaves is eight of them");
	for (v = 0; v < KP_SW_TABLE; v++) {
		octave = kp_loghist_octave(v);
		p->skel->rodata->bucket_table[v] =
			(uint8_t)(octave * KP_LOGHIST_SUBS + kp_loghist_sub(v, octave));
	}
}

static int set_targets(struct kp_swprobe *p, const struct kp_swprobe_opts *opts)
{
	uint8_t one = 1;
	size_t i;

	for (i = 0; i < opts->nr_targets; i++)
		if (bpf_map_update_elem(bpf_map__fd(p->skel->maps.targets), &opts->targets[i], &one,
					BPF_ANY))
			return -errno;
	return 0;
}

static int load(struct kp_swprobe *p, const struct btfs *b, const struct kp_swprobe_opts *opts,
		enum kp_probe_how how, bool measure)
{
	int err;

	p->skel = switch_bpf__open();
	if (!p->skel)
		return -errno;
	p->skel->rodata->config = opts->config;
	set_buckets(p);
	choose_programs(p, b, how, measure, opts->registers);
	err = size_maps(p, opts);
	if (!err)
		err = switch_bpf__load(p->skel);
	if (!err)
		err = share_maps(p);
	return err ? err : set_targets(p, opts);
}

/* ---- attaching ---- */

static int add_link(struct kp_swprobe *p, struct bpf_program *prog)
{
	struct bpf_link *link;
	int err;

	link = bpf_program__attach(prog);
	if (!link)
		return -errno;
	err = kp_vec_push(&p->links, link);
	if (err)
		bpf_link__destroy(link);
	return err;
}

int kp_swprobe_attach(struct kp_swprobe *p, struct bpf_program *prog)
{
	int err = add_link(p, prog);

	return err ? err : kp_vec_push(&p->attached, prog);
}

void kp_swprobe_detach(struct kp_swprobe *p)
{
	size_t i;

	for (i = 0; i < p->links.nr; i++)
		bpf_link__destroy(p->links.at[i]);
	kp_vec_free(&p->links);
}

int kp_swprobe_reattach(struct kp_swprobe *p)
{
	size_t i;
	int err = 0;

	for (i = 0; i < p->attached.nr && !err; i++)
		err = add_link(p, p->attached.at[i]);
	return err;
}

static int attach_switch(struct kp_swprobe *p, const struct btfs *b, enum kp_probe_how how)
{
	const struct probe *probe;
	const char *name;
	int err;

	for (probe = probes; probe < probes + KP_ARRAY_SIZE(probes); probe++) {
		if (!is_used(p, probe, how) || !has_function(b, probe->function))
			continue;
		name = how == KP_PROBE_KPROBE ? probe->kprobe : probe->fentry;
		err = kp_swprobe_attach(p, program(p, name));
		if (err)
			return err;
	}
	return 0;
}

static int attach_exits(struct kp_swprobe *p, const struct kp_swprobe_opts *opts)
{
	int err = kp_swprobe_attach(p, p->skel->progs.tp_entry);

	if (!err)
		err = kp_swprobe_attach(p, p->skel->progs.tp_exit);
	if (!err && opts->config.detail)
		err = kp_swprobe_attach(p, p->skel->progs.tp_user);
	if (!err && opts->config.scope & KP_SW_FORKS)
		err = kp_swprobe_attach(p, p->skel->progs.tp_fork);
	return err;
}

/* ---- the whole ---- */

static void close_programs(struct kp_swprobe *p)
{
	kp_swprobe_detach(p);
	kp_vec_free(&p->attached);
	if (p->cpus)
		munmap(p->cpus, p->nr_cpus * sizeof(*p->cpus));
	if (p->sums)
		munmap(p->sums, p->nr_sums * sizeof(*p->sums));
	p->cpus = NULL;
	p->sums = NULL;
	switch_bpf__destroy(p->skel);
	p->skel = NULL;
}

static int try_how(struct kp_swprobe *p, const struct btfs *b, const struct kp_swprobe_opts *opts,
		   enum kp_probe_how how, bool measure)
{
	int err = load(p, b, opts, how, measure);

	if (!err) {
		/* before anything else is attached: nobody's switch pays for it */
		if (measure)
			kp_swprobe_measure(p, how == KP_PROBE_KPROBE, opts->raw_times);
		p->cost.how = how == KP_PROBE_EXITS ? KP_PROBE_AUTO : how;
		p->skel->bss->cost.how = (uint8_t)p->cost.how;
		err = attach_switch(p, b, how);
	}
	if (!err)
		err = attach_exits(p, opts);
	if (err)
		close_programs(p);
	p->has_switch = !err && how != KP_PROBE_EXITS;
	return err;
}

static int explain(int ret, char *err, size_t size)
{
	if (ret == -EPERM) /* EACCES is the verifier's */
		return fail(err, size, -EPERM,
			    "BPF programs may be loaded by root only; run kvmpmu as root");
	if (ret == -ENOMEM)
		return fail(err, size, ret, "no memory for BPF maps");
	if (ret == -ENOENT)
		return fail(err, size, -EOPNOTSUPP,
			    "this kernel has no tracepoint kvm_entry or kvm_exit (CONFIG_KVM, "
			    "CONFIG_TRACEPOINTS), or the kvm modules are not loaded");
	return fail(err, size, -EOPNOTSUPP,
		    "the kernel refuses the BPF programs: %s; kvmpmu -v says more", strerror(-ret));
}

static int open_how(struct kp_swprobe *p, const struct btfs *b, const struct kp_swprobe_opts *opts,
		    char *err, size_t size)
{
	enum kp_probe_how how = opts->how;
	bool can = how != KP_PROBE_EXITS && has_switch(b, opts, err, size);
	int ret = -EOPNOTSUPP;

	if ((how == KP_PROBE_FENTRY || how == KP_PROBE_KPROBE) && !can)
		return -EOPNOTSUPP;
	if (can && how != KP_PROBE_KPROBE)
		ret = try_how(p, b, opts, KP_PROBE_FENTRY, true);
	if (can && ret && how != KP_PROBE_FENTRY)
		ret = try_how(p, b, opts, KP_PROBE_KPROBE, true);
	if (!ret || how == KP_PROBE_FENTRY || how == KP_PROBE_KPROBE)
		return ret ? explain(ret, err, size) : 0;
	if (can)
		snprintf(err, size,
			 "the kernel takes neither fentry nor kprobes on the switch's functions "
			 "(%s): exits are seen, PMU context switches are not",
			 strerror(-ret));
	p->pmis = how == KP_PROBE_AUTO && opts->no_mediated;
	ret = try_how(p, b, opts, KP_PROBE_EXITS, true);
	p->pmis &= !ret;
	if (ret) /* what is probed to measure the cost may be what is refused */
		ret = try_how(p, b, opts, KP_PROBE_EXITS, false);
	return ret ? explain(ret, err, size) : 0;
}

/*
 * What libbpf has to say is for -v: every error is explained here. The verifier's log is of many
 * lines, and why it refuses a program is the last.
 */
static int print(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	char *text, *line, *save = NULL;

	if (level != LIBBPF_WARN || kp_log_level < KP_LOG_INFO || vasprintf(&text, fmt, ap) < 0)
		return 0;
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		kp_info("%s", line);
	free(text);
	return 0;
}

int kp_swprobe_open(const struct kp_swprobe_opts *opts, struct kp_swprobe **out, char *err,
		    size_t err_size)
{
	struct kp_swprobe *p = calloc(1, sizeof(*p));
	int cpus = libbpf_num_possible_cpus(), ret;
	struct btfs btfs = { 0 };

	err[0] = '\0';
	if (!p)
		return -ENOMEM;
	libbpf_set_strict_mode(LIBBPF_STRICT_ALL);
	libbpf_set_print(print);
	p->nr_cpus = cpus > 0 ? (uint32_t)cpus : 1;
	ret = load_btfs(&btfs, err, err_size);
	if (!ret)
		ret = open_how(p, &btfs, opts, err, err_size);
	free_btfs(&btfs);
	if (ret) {
		kp_swprobe_free(p);
		return ret;
	}
	*out = p;
	return 0;
}

void kp_swprobe_free(struct kp_swprobe *p)
{
	if (!p)
		return;
	close_programs(p);
	free(p);
}
