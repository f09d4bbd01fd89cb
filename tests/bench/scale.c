// SPDX-License-Identifier: GPL-2.0-only
/*
 * scale.c - make a long recording of a short one: its samples N times over, each round later than
 * the one before. For benchmarks: the mix of events stays that of the real recording.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/hash.h"
#include "lib/str.h"
#include "source.h"

#define CHUNK (1u << 20)

struct scaler {
	struct kp_writer *writer;
	struct kp_hash time_at; /* id -> offset of the time in a sample, 0: it has none */
	uint64_t first_ns, last_ns, shift_ns;
	uint64_t samples;
	struct kp_buf buf;
};

/* Where PERF_SAMPLE_TIME is in a sample, behind the header; include/uapi/linux/perf_event.h. */
static uint64_t time_offset(uint64_t type)
{
	const uint64_t before[] = { PERF_SAMPLE_IDENTIFIER, PERF_SAMPLE_IP, PERF_SAMPLE_TID };
	uint64_t at = sizeof(struct perf_event_header);
	size_t i;

	if (!(type & PERF_SAMPLE_TIME))
		return 0;
	for (i = 0; i < KP_ARRAY_SIZE(before); i++)
		at += type & before[i] ? 8 : 0;
	return at;
}

/* Samples of events that @glob does not match are left out: their ids are not learned. */
static int learn(struct scaler *s, const struct kp_meta *meta, const char *glob)
{
	uint32_t a, i;
	int err;

	for (a = 0; a < meta->nr_attrs; a++) {
		const struct kp_attr *attr = &meta->attrs[a];

		if (!(attr->attr.sample_type & PERF_SAMPLE_IDENTIFIER)) {
			fprintf(stderr, "scale: event %s has no PERF_SAMPLE_IDENTIFIER\n",
				attr->name);
			return -ENOTSUP;
		}
		for (i = 0; kp_str_glob(glob, attr->name) && i < attr->nr_ids; i++) {
			err = kp_hash_put(&s->time_at, attr->ids[i],
					  time_offset(attr->attr.sample_type));
			if (err)
				return err;
		}
	}
	return 0;
}

static int flush(struct scaler *s)
{
	int err = s->buf.len ? kp_writer_put(s->writer, s->buf.data, s->buf.len) : 0;

	s->buf.len = 0;
	return err;
}

/* Append one sample with its time moved; @s->shift_ns is 0 in the first round. */
static int add_sample(struct scaler *s, const struct kp_raw *raw)
{
	uint64_t id, t, *at;
	char *copy;
	int err;

	if (raw->size < 16)
		return -EBADMSG;
	memcpy(&id, (const char *)raw->data + 8, 8);
	at = kp_hash_get(&s->time_at, id);
	if (!at)
		return 0;
	if (!*at || raw->size < *at + 8)
		return -EBADMSG;
	err = kp_buf_add(&s->buf, raw->data, raw->size);
	if (err)
		return err;
	copy = s->buf.data + s->buf.len - raw->size;
	memcpy(&t, copy + *at, 8);
	if (!s->shift_ns) {
		s->first_ns = s->first_ns && s->first_ns < t ? s->first_ns : t;
		s->last_ns = kp_max_u64(s->last_ns, t);
	}
	t += s->shift_ns;
	memcpy(copy + *at, &t, 8);
	s->samples++;
	return s->buf.len >= CHUNK ? flush(s) : 0;
}

static int copy_round(struct scaler *s, struct kp_source *src, bool first)
{
	struct kp_raw raw;
	int ret, err = 0;

	while (!err && (ret = kp_source_next(src, &raw)) > 0) {
		if (raw.type == PERF_RECORD_SAMPLE)
			err = add_sample(s, &raw);
		else if (raw.type == 68) /* PERF_RECORD_FINISHED_ROUND */
			err = flush(s) ?: kp_writer_round(s->writer);
		else if (first && raw.type < 64)
			err = kp_buf_add(&s->buf, raw.data, raw.size);
	}
	if (!err)
		err = ret;
	if (!err)
		err = flush(s) ?: kp_writer_round(s->writer);
	return err;
}

static int open_input(const char *path, struct kp_source **src)
{
	char msg[256];
	int err = kp_perfdata_open(path, src, msg, sizeof(msg));

	if (err)
		fprintf(stderr, "scale: %s\n", msg);
	return err;
}

static int scale(struct scaler *s, const char *in, int out_fd, uint64_t want, const char *glob)
{
	const struct kp_writer_opts opts = { 0 };
	struct kp_source *src = NULL, *again = NULL;
	int err;

	err = open_input(in, &src);
	if (err)
		return err;
	err = learn(s, &src->meta, glob) ?: kp_writer_new(out_fd, &opts, &src->meta, &s->writer);
	if (!err)
		err = copy_round(s, src, true);
	if (!err && !s->samples)
		err = -ENODATA;
	while (!err && s->samples < want) {
		s->shift_ns += s->last_ns - s->first_ns + 1000000;
		err = open_input(in, &again);
		if (!err)
			err = copy_round(s, again, false);
		kp_source_free(again);
		again = NULL;
	}
	if (!err) {
		err = kp_writer_close(s->writer);
		s->writer = NULL;
	}
	kp_source_free(src);
	return err;
}

int main(int argc, char **argv)
{
	struct scaler s = { 0 };
	uint64_t want;
	int fd, err;

	if (argc < 4 || argc > 5 || kp_str_count(argv[3], &want)) {
		fprintf(stderr, "usage: scale IN OUT SAMPLES [EVENT-GLOB]\n");
		return 2;
	}
	fd = open(argv[2], O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0) {
		fprintf(stderr, "scale: %s: %s\n", argv[2], strerror(errno));
		return 1;
	}
	err = scale(&s, argv[1], fd, want, argc == 5 ? argv[4] : "*");
	if (err)
		fprintf(stderr, "scale: %s: %s\n", argv[1], strerror(-err));
	else
		printf("%" PRIu64 "\n", s.samples);
	kp_hash_free(&s.time_at);
	kp_buf_free(&s.buf);
	return !!err;
}
