// SPDX-License-Identifier: GPL-2.0-only
/*
 * plan_test.c - src/collect/plan.c and what it calls: every tests/attr/NAME.attr holds a request
 * and, behind a line "---", the perf_event_attrs that must come of it on one of the hosts in
 * tests/snap (KP_UPDATE=1 rewrites them). Several cases in a file are separated by "===". Opens no
 * event.
 *
 * Lines of a request: host NAME; event SPEC; filter TEXT; target workload|system|cpus LIST|
 * pids N,..|tids N,..; period N; freq N; pages N; clockid N; overwrite; no_inherit; include_guest;
 * switch_detail; switch_compact; no_defaults; interrupts; counting; tracepoints none|denied|
 * no_tracefs|no_kvm.
 */
#include "kp_test.h"

#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "lib/buf.h"
#include "lib/str.h"
#include "plan.h"

#define ATTR_DIR KP_TESTS_DIR "/attr"

static const struct {
	const char *system, *name;
	int id;
	bool x86, arm64;
} tracepoints[] = {
	{ "irq", "irq_handler_entry", 401, true, true },
	{ "irq", "irq_handler_exit", 402, true, true },
	{ "kvm", "kvm_apic_accept_irq", 601, true, false },
	{ "kvm", "kvm_entry", 602, true, true },
	{ "kvm", "kvm_exit", 603, true, true },
	{ "kvm", "kvm_inj_virq", 604, true, false },
	{ "kvm", "kvm_mmio", 605, true, true },
	{ "kvm", "kvm_msr", 606, true, false },
	{ "kvm", "kvm_nested_vmenter", 610, true, false },
	{ "kvm", "kvm_nested_vmexit", 611, true, false },
	{ "kvm", "kvm_nested_vmexit_inject", 612, true, false },
	{ "kvm", "kvm_pio", 607, true, false },
	{ "kvm", "kvm_sys_access", 608, false, true },
	{ "kvm", "kvm_userspace_exit", 609, true, true },
	{ "kvm", "vgic_update_irq_pending", 613, false, true },
	{ "kvmmmu", "kvm_mmu_get_page", 650, true, false },
	{ "msr", "rdpmc", 701, true, false },
	{ "msr", "read_msr", 702, true, false },
	{ "msr", "write_msr", 703, true, false },
	{ "nmi", "nmi_handler", 704, true, false },
	{ "sched", "sched_migrate_task", 301, true, true },
	{ "sched", "sched_switch", 302, true, true },
};

/* which tracepoints "tracefs" has */
struct tps {
	bool x86, arm64;
	bool no_kvm;
	int err;
};

static bool tp_there(const struct tps *t, size_t i)
{
	if (t->no_kvm && !strncmp(tracepoints[i].system, "kvm", 3))
		return false;
	return (t->x86 && tracepoints[i].x86) || (t->arm64 && tracepoints[i].arm64);
}

static int tp_id(void *ctx, const char *system, const char *name)
{
	const struct tps *t = ctx;
	size_t i;

	for (i = 0; i < KP_ARRAY_SIZE(tracepoints) && !t->err; i++)
		if (tp_there(t, i) && !strcmp(tracepoints[i].system, system) &&
		    !strcmp(tracepoints[i].name, name))
			return tracepoints[i].id;
	return t->err ? t->err : -ENOENT;
}

static int tp_glob(void *ctx, const char *system, const char *pattern,
		   int (*fn)(void *fnctx, const char *system, const char *name), void *fnctx)
{
	const struct tps *t = ctx;
	size_t i;
	int err = t->err;

	for (i = 0; i < KP_ARRAY_SIZE(tracepoints) && !err; i++)
		if (tp_there(t, i) && kp_str_glob(system, tracepoints[i].system) &&
		    kp_str_glob(pattern, tracepoints[i].name))
			err = fn(fnctx, tracepoints[i].system, tracepoints[i].name);
	return err;
}

/* ---- requests ---- */

#define EVENTS_MAX 8
#define IDS_MAX	   8

struct test_case {
	struct kp_request req;
	struct kp_request_event events[EVENTS_MAX];
	pid_t ids[IDS_MAX];
	const char *host;
	struct tps tps;
};

static int add_id(void *ctx, uint64_t id)
{
	struct test_case *c = ctx;

	assert_true(c->req.nr_ids < IDS_MAX);
	c->ids[c->req.nr_ids++] = (pid_t)id;
	return 0;
}

static void parse_target(struct test_case *c, char *text)
{
	static const char *const targets[] = { "workload", "system", "cpus", "pids", "tids" };
	char *list = strchr(text, ' ');
	size_t i;

	if (list)
		*list++ = '\0';
	for (i = 0; i < KP_ARRAY_SIZE(targets) && strcmp(targets[i], text); i++)
		;
	assert_true(i < KP_ARRAY_SIZE(targets));
	c->req.target = (enum kp_target)i;
	if (c->req.target == KP_TARGET_CPUS)
		c->req.cpus = list;
	else if (list)
		assert_int_equal(kp_str_list(list, INT_MAX, add_id, c), 0);
}

static uint64_t number(const char *text)
{
	uint64_t v;

	assert_int_equal(kp_str_u64(text, &v), 0);
	return v;
}

static void parse_tps(struct test_case *c, const char *how)
{
	if (!strcmp(how, "denied"))
		c->tps.err = -EACCES;
	else if (!strcmp(how, "no_tracefs"))
		c->tps.err = -ENODEV;
	else if (!strcmp(how, "no_kvm"))
		c->tps.no_kvm = true;
	else if (!strcmp(how, "none"))
		c->tps.x86 = c->tps.arm64 = false;
	else
		fail_msg("tracepoints %s", how);
}

static void parse_line(struct test_case *c, char *line)
{
	char *arg = strchr(line, ' ');
	struct kp_request *req = &c->req;

	if (arg)
		*arg++ = '\0';
	if (!strcmp(line, "host")) {
		c->host = arg;
		c->tps.x86 = !strncmp(arg, "x86", 3);
		c->tps.arm64 = !c->tps.x86;
	} else if (!strcmp(line, "event")) {
		assert_true(req->nr_events < EVENTS_MAX);
		c->events[req->nr_events++].spec = arg ? arg : "";
	} else if (!strcmp(line, "filter")) {
		c->events[req->nr_events - 1].filter = arg;
	} else if (!strcmp(line, "target")) {
		parse_target(c, arg);
	} else if (!strcmp(line, "period")) {
		req->period = number(arg);
	} else if (!strcmp(line, "freq")) {
		req->freq = number(arg);
	} else if (!strcmp(line, "pages")) {
		req->mmap_pages = (uint32_t)number(arg);
	} else if (!strcmp(line, "clockid")) {
		req->has_clockid = true;
		req->clockid = (clockid_t)number(arg);
	} else if (!strcmp(line, "overwrite")) {
		req->overwrite = true;
	} else if (!strcmp(line, "no_inherit")) {
		req->no_inherit = true;
	} else if (!strcmp(line, "include_guest")) {
		req->include_guest = true;
	} else if (!strcmp(line, "counting")) {
		req->counting = true;
	} else if (!strcmp(line, "no_defaults")) {
		req->no_defaults = true;
	} else if (!strcmp(line, "interrupts")) {
		req->interrupts = true;
	} else if (!strcmp(line, "switch_compact")) {
		req->switch_compact = true;
	} else if (!strcmp(line, "switch_detail")) {
		req->switch_detail = true;
	} else if (!strcmp(line, "tracepoints")) {
		parse_tps(c, arg);
	} else {
		fail_msg("line '%s'", line);
	}
}

/* ---- plans as text ---- */

static void dump_bits(struct kp_buf *buf, const struct perf_event_attr *a)
{
	static const char *const sample[] = {
		"IP",	     "TID",	   "TIME",   "ADDR",	  "READ",	"CALLCHAIN",
		"ID",	     "CPU",	   "PERIOD", "STREAM_ID", "RAW",	"BRANCH_STACK",
		"REGS_USER", "STACK_USER", "WEIGHT", "DATA_SRC",  "IDENTIFIER",
	};
	static const char *const read[] = { "TIME_ENABLED", "TIME_RUNNING", "ID", "GROUP", "LOST" };
	const char *sep = "";
	size_t i;

	kp_buf_printf(buf, "  sample ");
	for (i = 0; i < KP_ARRAY_SIZE(sample); i++)
		if (a->sample_type & KP_BIT64(i)) {
			kp_buf_printf(buf, "%s%s", sep, sample[i]);
			sep = "|";
		}
	sep = "";
	kp_buf_printf(buf, " read ");
	for (i = 0; i < KP_ARRAY_SIZE(read); i++)
		if (a->read_format & KP_BIT64(i)) {
			kp_buf_printf(buf, "%s%s", sep, read[i]);
			sep = "|";
		}
	kp_buf_printf(buf, "\n");
}

#define FLAGS(X)                                                                             \
	X(disabled)                                                                          \
	X(inherit)                                                                           \
	X(pinned)                                                                            \
	X(exclusive) X(exclude_user) X(exclude_kernel) X(exclude_hv) X(exclude_idle) X(mmap) \
		X(comm) X(freq) X(inherit_stat) X(enable_on_exec) X(task) X(watermark)       \
			X(precise_ip) X(mmap_data) X(sample_id_all) X(exclude_host)          \
				X(exclude_guest) X(mmap2) X(comm_exec) X(use_clockid)        \
					X(context_switch) X(write_backward) X(namespaces)    \
						X(ksymbol) X(bpf_event)

static void dump_flags(struct kp_buf *buf, const struct perf_event_attr *a)
{
	kp_buf_printf(buf, "  flags");
#define X(f)                                                           \
	if (a->f) {                                                    \
		kp_buf_printf(buf, " " #f);                            \
		if (a->f > 1)                                          \
			kp_buf_printf(buf, "=%u", (unsigned int)a->f); \
	}
	FLAGS(X)
#undef X
	kp_buf_printf(buf, "\n");
}

static void dump_event(struct kp_buf *buf, const struct kp_plan *plan, size_t i, bool counting)
{
	const struct kp_plan_event *ev = &plan->events[i];
	const struct perf_event_attr *a = &ev->attr;

	static const char *const sides[] = { " both", " host", " guest" };
	static const char *const clocks[] = { "", " clock=all", " clock=host",
					      " clock=place", " clock=moves" };

	kp_buf_printf(buf, "event %zu %s leader=%u%s%s%s%s%s%s%s%s%s%s%s\n", i, ev->name,
		      ev->leader, ev->cpus ? " cpus=" : "", ev->cpus ? ev->cpus : "",
		      ev->system_wide ? " system_wide" : "", ev->sideband ? " sideband" : "",
		      ev->precise_max ? " precise_max" : "", ev->weak ? " weak" : "",
		      ev->any_mode ? " any_mode" : "", counting ? clocks[ev->clock] : "",
		      counting ? sides[ev->side] : "", counting && ev->split ? " split" : "",
		      ev->each_cpu ? " each_cpu" : "");
	kp_buf_printf(buf, "  type=%u config=0x%jx", a->type, (uintmax_t)a->config);
	if (a->config1)
		kp_buf_printf(buf, " config1=0x%jx", (uintmax_t)a->config1);
	if (a->config2)
		kp_buf_printf(buf, " config2=0x%jx", (uintmax_t)a->config2);
	kp_buf_printf(buf, " %s=%ju", a->freq ? "freq" : "period", (uintmax_t)a->sample_period);
	if (a->use_clockid)
		kp_buf_printf(buf, " clockid=%d", a->clockid);
	kp_buf_printf(buf, "\n");
	dump_bits(buf, a);
	dump_flags(buf, a);
	if (ev->filter)
		kp_buf_printf(buf, "  filter %s\n", ev->filter);
	assert_int_equal(a->size, sizeof(*a));
}

static void dump_plan(struct kp_buf *buf, const struct kp_plan *plan, bool counting)
{
	size_t i;

	kp_buf_printf(buf, "pages %u%s", plan->mmap_pages, plan->default_pages ? " default" : "");
	if (plan->cpus)
		kp_buf_printf(buf, " cpus %s", plan->cpus);
	for (i = 0; i < plan->nr_ids; i++)
		kp_buf_printf(buf, "%s%d", i ? "," : " ids ", plan->ids[i]);
	kp_buf_printf(buf, "%s\n", plan->overwrite ? " overwrite" : "");
	for (i = 0; i < plan->nr_events; i++)
		dump_event(buf, plan, i, counting);
	for (i = 0; i < plan->nr_warnings; i++)
		kp_buf_printf(buf, "warning %s\n", plan->warnings[i]);
	for (i = 0; i < plan->nr_notes; i++)
		kp_buf_printf(buf, "note %s\n", plan->notes[i]);
}

static const char *err_name(int err)
{
	switch (-err) {
	case EINVAL:
		return "EINVAL";
	case ENOENT:
		return "ENOENT";
	case EBUSY:
		return "EBUSY";
	case EACCES:
		return "EACCES";
	case ENODEV:
		return "ENODEV";
	case EOPNOTSUPP:
		return "EOPNOTSUPP";
	}
	return "other";
}

static void run_case(char *request, struct kp_buf *out)
{
	struct test_case c = { 0 };
	struct kp_tracepoint_db db = { tp_id, tp_glob, &c.tps };
	struct kp_sysroot *root;
	struct kp_host *host;
	struct kp_plan *plan;
	char path[PATH_MAX], err_text[1024], *line, *save = NULL;
	int err;

	for (line = strtok_r(request, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		kp_buf_printf(out, "%s\n", line);
		if (*line != '#')
			parse_line(&c, line);
	}
	kp_buf_printf(out, "---\n");
	c.req.events = c.events;
	c.req.ids = c.ids;
	assert_non_null(c.host);
	snprintf(path, sizeof(path), KP_TESTS_DIR "/snap/%s/sysroot", c.host);
	assert_int_equal(kp_sysroot_open(path, &root), 0);
	assert_int_equal(kp_host_collect(root, KP_HOST_ALL, &host), 0);
	err = kp_plan_make(&c.req, host, &db, &plan, err_text, sizeof(err_text));
	if (err) {
		kp_buf_printf(out, "error %s: %s\n", err_name(err), err_text);
	} else {
		dump_plan(out, plan, c.req.counting);
		kp_plan_free(plan);
	}
	kp_host_free(host);
	kp_sysroot_free(root);
}

static char *read_file(const char *path)
{
	struct kp_buf buf = { 0 };
	FILE *f = fopen(path, "r");
	char block[4096];
	size_t n;

	if (!f)
		fail_msg("%s cannot be read", path);
	while ((n = fread(block, 1, sizeof(block), f)) > 0)
		kp_buf_add(&buf, block, n);
	fclose(f);
	return buf.data;
}

/* The request's lines are copied, what stands behind "---" is made anew, all is compared. */
static void check_file(void **state)
{
	char path[PATH_MAX], *want, *text, *next, *answer;
	struct kp_buf got = { 0 };
	bool first = true;
	FILE *f;

	snprintf(path, sizeof(path), ATTR_DIR "/%s", (const char *)*state);
	want = read_file(path);
	text = strdup(want);
	for (char *at = text; at && *at; at = next, first = false) {
		next = strstr(at, "===\n");
		if (next) {
			*next = '\0';
			next += 4;
		}
		answer = strstr(at, "---\n");
		if (answer)
			*answer = '\0';
		if (!first)
			kp_buf_printf(&got, "===\n");
		run_case(at, &got);
	}
	if (getenv("KP_UPDATE")) {
		f = fopen(path, "w");
		assert_non_null(f);
		fwrite(got.data, 1, got.len, f);
		fclose(f);
	} else {
		assert_string_equal(got.data, want);
	}
	free(text);
	free(want);
	kp_buf_free(&got);
}

/* Damaged requests: every prefix, every byte changed. Whatever comes of it, an error has words. */
static void test_damaged(void **state)
{
	static const char *const specs[] = {
		"{cycles:ppu,kvm:kvm_e*:G}:SDW,r1c0:k,L1-dcache-load-misses",
		"cpu_core/event=0xcd,umask=1,ldlat=30,name=x/ppu,uncore_imc/cas_count_read/",
		"kvm*:*:u,msr/tsc/,cpu-clock,INST_RETIRED:ANY_P:u,perf::CYCLES",
	};
	static const char changes[] = "{}/:,*?=[ \xff";
	struct test_case c = { .tps = { .x86 = true } };
	struct kp_tracepoint_db db = { tp_id, tp_glob, &c.tps };
	struct kp_request_event event;
	struct kp_sysroot *root;
	struct kp_host *host;
	struct kp_plan *plan;
	char spec[128], err_text[64];
	size_t s, i, k;

	(void)state;
	assert_int_equal(kp_sysroot_open(KP_TESTS_DIR "/snap/x86-intel-hybrid8/sysroot", &root), 0);
	assert_int_equal(kp_host_collect(root, KP_HOST_ALL, &host), 0);
	event.spec = spec;
	event.filter = NULL;
	c.req.events = &event;
	c.req.nr_events = 1;
	c.req.target = KP_TARGET_SYSTEM;
	for (s = 0; s < KP_ARRAY_SIZE(specs); s++)
		for (i = 0; i < strlen(specs[s]); i++)
			for (k = 0; k < sizeof(changes); k++) {
				kp_str_copy(spec, sizeof(spec), specs[s]);
				spec[i] = changes[k]; /* the last change ends it there */
				if (kp_plan_make(&c.req, host, &db, &plan, err_text,
						 sizeof(err_text)))
					assert_true(*err_text);
				else
					kp_plan_free(plan);
			}
	kp_host_free(host);
	kp_sysroot_free(root);
}

static int is_attr_file(const struct dirent *d)
{
	return kp_str_glob("*.attr", d->d_name);
}

int main(void)
{
	struct CMUnitTest tests[64];
	struct dirent **names;
	int i, nr = scandir(ATTR_DIR, &names, is_attr_file, alphasort), ret;

	/* With it libpfm4 knows one PMU alone, and not the kernel's own events. */
	unsetenv("LIBPFM_FORCE_PMU");
	if (nr <= 0 || nr >= (int)KP_ARRAY_SIZE(tests)) {
		printf("1..0\nnot ok 1 - " ATTR_DIR " has %d files\n", nr);
		return 1;
	}
	for (i = 0; i < nr; i++)
		tests[i] = (struct CMUnitTest){ .name = names[i]->d_name,
						.test_func = check_file,
						.initial_state = names[i]->d_name };
	tests[nr] = (struct CMUnitTest)cmocka_unit_test(test_damaged);
	ret = _cmocka_run_group_tests("attr", tests, (size_t)nr + 1, NULL, NULL);
	for (i = 0; i < nr; i++)
		free(names[i]);
	free(names);
	return ret;
}
