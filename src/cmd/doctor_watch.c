// SPDX-License-Identifier: GPL-2.0-only
/*
 * doctor_watch.c - the command after "--" of `kvmpmu doctor`: run with its output passed through,
 * while who holds the counters is looked at now and then, and at its end judged with what it said
 * and what the kernel logged.
 */
#include "cmd/doctor_run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd/workload.h"
#include "lib/buf.h"

#define POLL_MS	      20
#define FIRST_LOOK_NS (100 * 1000000ull)
#define LOOK_MAX_NS   (2 * KP_NSEC_PER_SEC)
#define OUTPUT_MAX    (64u << 10) /* of what it says, the last part */

static volatile sig_atomic_t kp_signal_flag;

/**
 * struct watch - one command
 * @pipe: its standard error comes out of [0]; @output: the last part of it
 * @before: who held the counters before it; @next_ns, @step_ns: when to look again
 */
struct watch {
	struct kp_doctor *d;
	struct kp_workload workload;
	int pipe[2];
	struct kp_buf output;
	struct kp_owners *before;
	uint64_t next_ns, step_ns;
};

static void on_signal(int sig)
{
	(void)sig;
	kp_signal_flag = 1;
}

/*
 * The terminal's signals are for the command: it ends, and then is explained. SIGTERM comes to us
 * alone and is handed on.
 */
static void catch_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal };

	kp_signal_flag = 0;
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	sigaction(SIGTERM, &action, NULL);
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * KP_NSEC_PER_SEC + (uint64_t)ts.tv_nsec;
}

static void pass_on(const char *data, size_t size)
{
	ssize_t n;

	while (size) {
		n = write(STDERR_FILENO, data, size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return; /* nobody listens: the command need not know */
		data += n;
		size -= (size_t)n;
	}
}

static int keep(struct kp_buf *buf, const char *data, size_t size)
{
	int err = kp_buf_add(buf, data, size);

	if (!err && buf->len > 2 * OUTPUT_MAX) {
		memmove(buf->data, buf->data + buf->len - OUTPUT_MAX, OUTPUT_MAX + 1);
		buf->len = OUTPUT_MAX;
	}
	return err;
}

/* What is there now. 1: more may come; 0: the last one that could write has gone. */
static int drain(struct watch *w)
{
	char buf[4096];
	ssize_t n;
	int err;

	for (;;) {
		n = read(w->pipe[0], buf, sizeof(buf));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? 1 : -errno;
		if (!n)
			return 0;
		pass_on(buf, (size_t)n);
		err = keep(&w->output, buf, (size_t)n);
		if (err)
			return err;
	}
}

/* Events and VMs of the command itself are only there while it runs. */
static int look_on(struct watch *w)
{
	struct kp_doctor *d = w->d;
	struct kp_findings found = { 0 };
	struct kp_owners *owners;
	struct kp_case c = { .host = d->host, .detail = d->detail };
	int err = kp_ownersrc_take(d->src, &owners);

	if (err)
		return err;
	c.owners = owners;
	err = kp_doctor_examine(&c, &found);
	if (!err)
		err = kp_findings_merge(&d->findings, &found);
	kp_findings_free(&found);
	kp_owners_free(owners);
	w->next_ns = now_ns() + w->step_ns;
	w->step_ns = kp_min_u64(2 * w->step_ns, LOOK_MAX_NS);
	return err;
}

static int loop(struct watch *w)
{
	struct pollfd pfd = { .fd = w->pipe[0], .events = POLLIN };
	int more = 1, err = 0;

	while (!kp_workload_poll(&w->workload) && !kp_signal_flag) {
		if (more > 0)
			poll(&pfd, 1, POLL_MS);
		else
			usleep(POLL_MS * 1000);
		more = more > 0 ? drain(w) : more;
		err = more < 0 ? more : 0;
		if (!err && now_ns() >= w->next_ns)
			err = look_on(w);
		if (err)
			return err;
	}
	if (kp_signal_flag)
		kp_workload_end(&w->workload);
	more = drain(w);
	return more < 0 ? more : 0;
}

static char *join(char **argv)
{
	struct kp_buf buf = { 0 };
	size_t i;

	for (i = 0; argv[i]; i++)
		if (kp_buf_printf(&buf, "%s%s", i ? " " : "", argv[i]))
			break;
	return buf.data;
}

static int judge(struct watch *w, const struct kp_host_messages *messages)
{
	struct kp_doctor *d = w->d;
	const char *slash = strrchr(d->argv[0], '/');
	char *line = join(d->argv);
	struct kp_doctor_command command = { .name = slash ? slash + 1 : d->argv[0],
					     .line = line,
					     .status = d->status,
					     .output = w->output.data,
					     .messages = messages };
	struct kp_case c = { .host = d->host,
			     .detail = d->detail,
			     .before = w->before,
			     .messages = &d->messages,
			     .command = &command };
	struct kp_findings found = { 0 };
	struct kp_owners *owners;
	int err = kp_ownersrc_take(d->src, &owners);

	if (!err) {
		c.owners = owners;
		err = kp_doctor_examine(&c, &found);
		kp_owners_free(owners);
	}
	if (!err)
		err = kp_findings_merge(&d->findings, &found);
	kp_findings_free(&found);
	free(line);
	return err;
}

static int start(struct watch *w)
{
	struct kp_doctor *d = w->d;
	int err;

	w->workload.stderr_fd = w->pipe[1];
	err = kp_workload_start(&w->workload, d->argv, true);
	close(w->pipe[1]);
	w->pipe[1] = -1;
	if (!err)
		err = kp_workload_go(&w->workload);
	if (!err)
		return 0;
	fprintf(stderr, "kvmpmu doctor: %s: %s\n", d->argv[0], strerror(-err));
	return -ECHILD;
}

static int run(struct watch *w)
{
	struct kp_doctor *d = w->d;
	struct kp_host_messages messages = { 0 };
	int err = kp_ownersrc_take(d->src, &w->before);

	if (!err)
		err = start(w);
	if (err)
		return err;
	w->step_ns = FIRST_LOOK_NS;
	w->next_ns = now_ns() + w->step_ns;
	err = loop(w);
	d->status = kp_workload_exit(&w->workload);
	if (!err)
		err = kp_host_messages_read(d->root, d->messages.next_seq, &messages);
	if (!err)
		err = judge(w, &messages);
	kp_host_messages_free(&messages);
	return err;
}

int kp_doctor_watch(struct kp_doctor *d)
{
	struct watch w = { .d = d, .pipe = { -1, -1 } };
	int err;

	if (pipe2(w.pipe, O_CLOEXEC))
		return -errno;
	fcntl(w.pipe[0], F_SETFL, O_NONBLOCK);
	catch_signals();
	err = run(&w);
	kp_workload_end(&w.workload);
	if (w.pipe[1] >= 0)
		close(w.pipe[1]);
	close(w.pipe[0]);
	kp_buf_free(&w.output);
	kp_owners_free(w.before);
	return err;
}
