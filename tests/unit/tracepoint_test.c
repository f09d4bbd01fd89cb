// SPDX-License-Identifier: GPL-2.0-only
/*
 * tracepoint_test.c - src/collect/tracepoint.c on a folder that looks like tracefs: ids, patterns,
 * what is missing or closed, and the tracing data byte by byte.
 */
#include "kp_test.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collect/tracepoint.h"
#include "lib/buf.h"

static char dir[] = "/tmp/kp_tracepoint_test.XXXXXX";

static const struct {
	const char *path, *text;
} files[] = {
	{ "events/header_page", "PAGE" },
	{ "events/header_event", "EVENT!" },
	{ "events/kvm/kvm_exit/id", "103\n" },
	{ "events/kvm/kvm_exit/format", "name: kvm_exit\n" },
	{ "events/kvm/kvm_entry/id", "115\n" },
	{ "events/kvm/kvm_entry/format", "name: kvm_entry\n" },
	{ "events/sched/sched_switch/id", "7\n" },
	{ "events/sched/sched_switch/format", "name: sched_switch\n" },
	{ "events/sched/broken/id", "many\n" },
	{ "saved_cmdlines", "1 init\n" },
	/* a folder without a file "enable" is no system or event to libtracefs */
	{ "events/kvm/enable", "0\n" },
	{ "events/kvm/kvm_exit/enable", "0\n" },
	{ "events/kvm/kvm_entry/enable", "0\n" },
	{ "events/sched/enable", "0\n" },
	{ "events/sched/sched_switch/enable", "0\n" },
};

static void in_dir(char *path, size_t size, const char *name)
{
	snprintf(path, size, "%s/%s", dir, name);
}

static int make_tracefs(void **state)
{
	char path[256], *slash;
	size_t i;
	FILE *f;

	(void)state;
	assert_non_null(mkdtemp(dir));
	for (i = 0; i < KP_ARRAY_SIZE(files); i++) {
		in_dir(path, sizeof(path), files[i].path);
		for (slash = strchr(path + sizeof(dir), '/'); slash;
		     slash = strchr(slash + 1, '/')) {
			*slash = '\0';
			mkdir(path, 0755);
			*slash = '/';
		}
		f = fopen(path, "w");
		assert_non_null(f);
		fputs(files[i].text, f);
		fclose(f);
	}
	return 0;
}

static int remove_tracefs(void **state)
{
	char path[256], *slash;
	size_t i;

	(void)state;
	for (i = 0; i < KP_ARRAY_SIZE(files); i++) {
		in_dir(path, sizeof(path), files[i].path);
		unlink(path);
		while ((slash = strrchr(path, '/')) && (size_t)(slash - path) >= sizeof(dir) - 1) {
			*slash = '\0';
			rmdir(path);
		}
	}
	return 0;
}

static int id_of(const char *tracefs, const char *system, const char *name)
{
	struct kp_host host = { .tracefs = (char *)(uintptr_t)tracefs };
	struct kp_tracepoint_db db = kp_tracepoint_db_live(&host);

	return db.id(db.ctx, system, name);
}

static void test_id(void **state)
{
	(void)state;
	assert_int_equal(id_of(dir, "kvm", "kvm_exit"), 103);
	assert_int_equal(id_of(dir, "sched", "sched_switch"), 7);
	assert_int_equal(id_of(dir, "kvm", "nosuch"), -ENOENT);
	assert_int_equal(id_of(dir, "nosuch", "kvm_exit"), -ENOENT);
	assert_int_equal(id_of(dir, "sched", "broken"), -EINVAL);
	assert_int_equal(id_of(NULL, "kvm", "kvm_exit"), -ENODEV);
}

static int add_name(void *ctx, const char *system, const char *name)
{
	return kp_buf_printf(ctx, "%s:%s ", system, name);
}

static void test_denied(void **state)
{
	struct kp_host host = { .tracefs = dir };
	struct kp_tracepoint_db db = kp_tracepoint_db_live(&host);
	bool root = !geteuid();
	int err;

	(void)state;
	/* as tracefs is by default: for root alone; who is root becomes somebody else */
	chmod(dir, root ? 0700 : 0);
	if (root && seteuid(65534))
		kp_skip("the user cannot be changed here");
	assert_int_equal(id_of(dir, "kvm", "kvm_exit"), -EACCES);
	err = db.glob(db.ctx, "kvm", "*", add_name, NULL);
	if (root)
		assert_int_equal(seteuid(0), 0);
	chmod(dir, 0755);
	assert_int_equal(err, -EACCES);
}

static int stop(void *ctx, const char *system, const char *name)
{
	(void)system;
	(void)name;
	return ++*(int *)ctx == 2 ? -ECANCELED : 0;
}

static void test_glob(void **state)
{
	struct kp_host host = { .tracefs = dir };
	struct kp_tracepoint_db db = kp_tracepoint_db_live(&host);
	struct kp_buf buf = { 0 };
	int calls = 0;

	(void)state;
	assert_int_equal(db.glob(db.ctx, "k*", "kvm_e*", add_name, &buf), 0);
	assert_string_equal(buf.data, "kvm:kvm_entry kvm:kvm_exit ");
	assert_int_equal(db.glob(db.ctx, "*", "*", stop, &calls), -ECANCELED);
	assert_int_equal(calls, 2);
	host.tracefs = NULL;
	db = kp_tracepoint_db_live(&host);
	assert_int_equal(db.glob(db.ctx, "*", "*", add_name, &buf), -ENODEV);
	kp_buf_free(&buf);
}

static void add_u32(struct kp_buf *buf, uint32_t v)
{
	kp_buf_add(buf, &v, sizeof(v));
}

static void add_sized(struct kp_buf *buf, const char *text)
{
	uint64_t size = strlen(text);

	kp_buf_add(buf, &size, sizeof(size));
	kp_buf_add(buf, text, size);
}

/* tools/perf/util/trace-event-info.c, tracing_data_get(): the order of its parts */
static void expect_tracing(struct kp_buf *buf)
{
	static const uint16_t one = 1;
	char order = *(const char *)&one ? 0 : 1, long_size = sizeof(long);

	kp_buf_add(buf, "\x17\x08\x44tracing0.6", 14);
	kp_buf_add(buf, &order, 1);
	kp_buf_add(buf, &long_size, 1);
	add_u32(buf, (uint32_t)sysconf(_SC_PAGESIZE));
	kp_buf_add(buf, "header_page", 12);
	add_sized(buf, "PAGE");
	kp_buf_add(buf, "header_event", 13);
	add_sized(buf, "EVENT!");
	add_u32(buf, 0); /* ftrace's own */
	add_u32(buf, 2); /* systems */
	kp_buf_add(buf, "kvm", 4);
	add_u32(buf, 2);
	add_sized(buf, "name: kvm_exit\n");
	add_sized(buf, "name: kvm_entry\n");
	kp_buf_add(buf, "sched", 6);
	add_u32(buf, 1);
	add_sized(buf, "name: sched_switch\n");
	add_u32(buf, 0); /* kallsyms */
	add_u32(buf, 0); /* printk formats: there is no such file */
	add_sized(buf, "1 init\n");
}

static void test_tracing_data(void **state)
{
	struct kp_plan_event events[] = {
		{ .system = (char *)"kvm", .tp = (char *)"kvm_exit" },
		{ .name = (char *)"cycles" },
		{ .system = (char *)"sched", .tp = (char *)"sched_switch" },
		{ .system = (char *)"kvm", .tp = (char *)"kvm_entry" },
		{ .system = (char *)"kvm",
		  .tp = (char *)"kvm_exit" }, /* named twice, written once */
	};
	struct kp_plan plan = { .events = events, .nr_events = KP_ARRAY_SIZE(events) };
	struct kp_buf want = { 0 };
	size_t size;
	void *data;

	(void)state;
	assert_int_equal(id_of(dir, "kvm", "kvm_exit"), 103); /* this is the tracefs from now on */
	assert_int_equal(kp_tracing_data(&plan, &data, &size), 0);
	expect_tracing(&want);
	assert_int_equal(size, want.len);
	assert_memory_equal(data, want.data, size);
	free(data);
	kp_buf_free(&want);

	plan.events = &events[1];
	plan.nr_events = 1;
	assert_int_equal(kp_tracing_data(&plan, &data, &size), 0);
	assert_null(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_id),
		cmocka_unit_test(test_denied),
		cmocka_unit_test(test_glob),
		cmocka_unit_test(test_tracing_data),
	};

	return cmocka_run_group_tests(tests, make_tracefs, remove_tracefs);
}
