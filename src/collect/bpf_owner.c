// SPDX-License-Identifier: GPL-2.0-only
/*
 * bpf_owner.c - loads the programs of owner.bpf.c and runs them: an iterator over every file,
 * and a program that is asked for the kernel's marks. Attaches to nothing that runs by itself.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bpf/owner_rec.h"
#include "collect/owner_bpf.h"
#include "lib/buf.h"
#include "lib/log.h"
#include "lib/str.h"
#include "owner.skel.h"

#define READ_BYTES (64u << 10) /* an iterator hands out at most eight pages at once */
#define CPUS_MAX   65536

/**
 * struct kp_owner_bpf - @skel, @link: owned
 * @marks: file of the program owner_marks, -1: this kernel cannot load it
 */
struct kp_owner_bpf {
	struct owner_bpf *skel;
	struct bpf_link *link;
	int marks;
};

static int print_debug(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	char line[512];

	if (level == LIBBPF_DEBUG || kp_log_level < KP_LOG_DEBUG)
		return 0;
	vsnprintf(line, sizeof(line), fmt, ap);
	line[strcspn(line, "\n")] = '\0';
	kp_debug("%s", line);
	return 0;
}

/* Before 5.16 no program may look up symbols: the marks stay unknown. */
static int load(struct kp_owner_bpf *b, bool marks)
{
	int nr;

	b->skel = owner_bpf__open();
	if (!b->skel)
		return -errno;
	bpf_program__set_autoload(b->skel->progs.owner_marks, marks);
	nr = libbpf_num_possible_cpus();
	if (nr > 0)
		b->skel->data->nr_cpu_ids = (unsigned int)nr;
	return owner_bpf__load(b->skel);
}

static int load_any(struct kp_owner_bpf *b)
{
	int err = load(b, true);

	b->marks = -1;
	if (!err) {
		b->marks = bpf_program__fd(b->skel->progs.owner_marks);
		return 0;
	}
	if (err == -EPERM)
		return err;
	owner_bpf__destroy(b->skel);
	b->skel = NULL;
	return load(b, false);
}

static void explain(int err, char *why, size_t size)
{
	if (err == -EPERM || err == -EACCES)
		snprintf(why, size,
			 "BPF is not permitted: run it as root, or with CAP_BPF, "
			 "CAP_PERFMON and CAP_SYS_ADMIN");
	else
		snprintf(why, size, "BPF iterators cannot be loaded: %s; kvmpmu -v -v ps shows why",
			 strerror(-err));
}

int kp_owner_bpf_new(const struct kp_sysroot *root, struct kp_owner_bpf **out, char *why,
		     size_t why_size)
{
	struct kp_owner_bpf *b;
	int err;

	if (!kp_sysroot_exists(root, "/sys/kernel/btf/vmlinux")) {
		snprintf(why, why_size, "this kernel has no BTF (CONFIG_DEBUG_INFO_BTF)");
		return -EOPNOTSUPP;
	}
	b = calloc(1, sizeof(*b));
	if (!b)
		return -ENOMEM;
	libbpf_set_print(print_debug);
	err = load_any(b);
	if (!err) {
		b->link = bpf_program__attach_iter(b->skel->progs.owner_files, NULL);
		err = b->link ? 0 : -errno;
	}
	if (err) {
		explain(err, why, why_size);
		kp_owner_bpf_free(b);
		return err;
	}
	*out = b;
	return 0;
}

void kp_owner_bpf_free(struct kp_owner_bpf *b)
{
	if (!b)
		return;
	bpf_link__destroy(b->link);
	owner_bpf__destroy(b->skel);
	free(b);
}

static int ask(const struct kp_owner_bpf *b, struct kp_rec_ask *ask)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = ask, .ctx_size_in = sizeof(*ask));

	return bpf_prog_test_run_opts(b->marks, &opts);
}

struct watchdog {
	const struct kp_owner_bpf *b;
	struct kp_owner_parse *parse;
};

static int watchdog_of(void *ctx, uint64_t cpu)
{
	struct watchdog *w = ctx;
	struct kp_rec_ask q = { .what = KP_ASK_WATCHDOG, .cpu = (unsigned int)cpu };
	int err = ask(w->b, &q);

	if (err || !q.event.head.kind)
		return err;
	return kp_owner_parse_add(w->parse, &q.event, sizeof(q.event));
}

/* Before the pass: it looks whether a guest's context is loaded at the addresses found here. */
static int take_marks(struct kp_owner_bpf *b, const char *online, struct kp_owner_parse *parse,
		      struct kp_owners *owners)
{
	struct kp_rec_ask q = { .what = KP_ASK_MARKS };
	struct watchdog w = { .b = b, .parse = parse };
	int err;

	owners->nr_mediated_vms = -1;
	owners->nr_include_guest = -1;
	if (b->marks < 0)
		return 0;
	err = ask(b, &q);
	if (err)
		return err;
	owners->nr_mediated_vms = q.mediated_vms;
	owners->nr_include_guest = q.include_guest;
	owners->watchdog_seen = q.watchdog_known;
	if (!q.watchdog_known || !online)
		return 0;
	err = kp_str_list(online, CPUS_MAX, watchdog_of, &w);
	return err == -EINVAL ? 0 : err;
}

static int read_iter(int fd, struct kp_buf *buf)
{
	ssize_t n;
	int err;

	do {
		err = kp_buf_reserve(buf, READ_BYTES);
		if (err)
			return err;
		n = read(fd, buf->data + buf->len, READ_BYTES);
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return -errno;
		if (n > 0)
			buf->len += (size_t)n;
	} while (n);
	return 0;
}

int kp_owner_bpf_take(struct kp_owner_bpf *b, const char *online, struct kp_owner_parse *parse,
		      struct kp_owners *owners)
{
	struct kp_buf buf = { 0 };
	int fd, err = take_marks(b, online, parse, owners);

	if (err)
		return err;
	fd = bpf_iter_create(bpf_link__fd(b->link));
	if (fd < 0)
		return -errno;
	err = read_iter(fd, &buf);
	close(fd);
	if (!err)
		err = kp_owner_parse_add(parse, buf.data, buf.len);
	kp_buf_free(&buf);
	return err;
}
