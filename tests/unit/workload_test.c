// SPDX-License-Identifier: GPL-2.0-only
/*
 * workload_test.c - src/cmd/workload.c: the gate before exec, exit statuses, a command that is not
 * there, one that must be ended.
 */
#include "kp_test.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/workload.h"

static void start(struct kp_workload *w, const char *command)
{
	char *argv[] = { (char *)"/bin/sh", (char *)"-c", (char *)(uintptr_t)command, NULL };

	memset(w, 0, sizeof(*w));
	assert_int_equal(kp_workload_start(w, argv, true), 0);
	assert_true(w->pid > 0);
}

static void wait_for_end(struct kp_workload *w)
{
	while (!kp_workload_poll(w))
		usleep(1000);
}

static int status_of(const char *command)
{
	struct kp_workload w;

	start(&w, command);
	assert_false(kp_workload_poll(&w));
	assert_int_equal(kp_workload_go(&w), 0);
	wait_for_end(&w);
	kp_workload_end(&w);
	return kp_workload_exit(&w);
}

static void test_status(void **state)
{
	(void)state;
	assert_int_equal(status_of("exit 0"), 0);
	assert_int_equal(status_of("exit 42"), 42);
	assert_int_equal(status_of("kill -TERM $$"), 128 + SIGTERM);
}

/* A pipe's reader that goes away must end the command as it does in a shell. */
static void test_sigpipe(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(status_of("kill -PIPE $$; exit 1"), 128 + SIGPIPE);
	signal(SIGPIPE, SIG_DFL);
}

static void test_gate(void **state)
{
	char path[] = "/tmp/kp_workload_test.XXXXXX", command[64];
	struct kp_workload w;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	snprintf(command, sizeof(command), "rm %s", path);
	start(&w, command);
	usleep(20000);
	assert_int_equal(access(path, F_OK), 0); /* it waits */
	assert_int_equal(kp_workload_go(&w), 0);
	wait_for_end(&w);
	assert_int_not_equal(access(path, F_OK), 0);
	kp_workload_end(&w);
}

static void test_never_let_go(void **state)
{
	struct kp_workload w;

	(void)state;
	start(&w, "exit 9");
	kp_workload_end(&w);
	assert_int_equal(w.pid, 0);
	assert_int_equal(kp_workload_exit(&w), 0);
	kp_workload_end(&w); /* twice is fine */
}

static void test_ended_by_us(void **state)
{
	struct kp_workload w;

	(void)state;
	start(&w, "exec sleep 100");
	assert_int_equal(kp_workload_go(&w), 0);
	assert_false(kp_workload_poll(&w));
	kp_workload_end(&w);
	assert_true(w.killed);
	assert_int_equal(kp_workload_exit(&w), 0);
}

static void test_no_such_command(void **state)
{
	char *argv[] = { (char *)"/nonexistent/command", NULL };
	struct kp_workload w = { 0 };

	(void)state;
	assert_int_equal(kp_workload_start(&w, argv, false), 0);
	assert_int_equal(kp_workload_go(&w), -ENOENT);
	kp_workload_end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_status),	    cmocka_unit_test(test_sigpipe),
		cmocka_unit_test(test_gate),	    cmocka_unit_test(test_never_let_go),
		cmocka_unit_test(test_ended_by_us), cmocka_unit_test(test_no_such_command),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
