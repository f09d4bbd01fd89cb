// SPDX-License-Identifier: GPL-2.0-only
/*
 * reader_fuzz.c - any bytes as a perf.data, read to their end with everything that the reader gives
 * looked at. Touches one file in memory.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool ok)
{
	if (!ok)
		abort();
}

/* Every string and array of the meta is read once, so that a sanitizer sees a bad one. */
static size_t look_at_meta(const struct kp_meta *m)
{
	const char *strings[] = { m->hostname, m->osrelease, m->perf_version, m->arch,
				  m->cpudesc,  m->cpuid,     m->cmdline };
	size_t sum = 0;
	uint32_t i;

	for (i = 0; i < KP_ARRAY_SIZE(strings); i++)
		sum += strings[i] ? strlen(strings[i]) : 0;
	for (i = 0; i < m->nr_attrs; i++) {
		check(m->attrs[i].name);
		check(!m->attrs[i].system == !m->attrs[i].event);
		sum += strlen(m->attrs[i].name) + m->attrs[i].attr.size;
		if (m->attrs[i].nr_ids)
			sum += m->attrs[i].ids[m->attrs[i].nr_ids - 1];
	}
	for (i = 0; i < m->nr_pmus; i++)
		sum += strlen(m->pmus[i].name);
	for (i = 0; i < m->topology.nr_threads; i++)
		sum += strlen(m->topology.threads[i]);
	for (i = 0; i < m->topology.nr_cpus; i++)
		sum += m->topology.cpus[i].die_id;
	if (m->tracing_size)
		sum += ((const uint8_t *)m->tracing)[m->tracing_size - 1];
	return sum;
}

static size_t look_at_records(struct kp_source *src)
{
	uint32_t generation = src->meta.generation;
	size_t sum = look_at_meta(&src->meta);
	uint64_t last = 0;
	struct kp_raw raw;
	int ret;

	while ((ret = kp_source_next(src, &raw)) > 0) {
		check(raw.size >= sizeof(struct perf_event_header) && raw.size <= 65535);
		check(raw.offset > last);
		last = raw.offset;
		sum += ((const uint8_t *)raw.data)[raw.size - 1];
		if (src->meta.generation != generation) {
			generation = src->meta.generation;
			sum += look_at_meta(&src->meta);
		}
	}
	check(!ret == !*kp_source_error(src));
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static volatile size_t sink;
	struct kp_source *src;
	char err[256];
	int fd = memfd_create("perf.data", MFD_CLOEXEC);

	if (fd < 0)
		return 0;
	if (size && pwrite(fd, data, size, 0) != (ssize_t)size) {
		close(fd);
		return 0;
	}
	if (kp_perfdata_open_fd(fd, "fuzz", &src, err, sizeof(err))) {
		check(!src && *err);
		return 0;
	}
	sink += look_at_records(src);
	kp_source_free(src);
	return 0;
}
