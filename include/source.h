/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * source.h - where perf records come from: a perf.data file, a pipe, live ring buffers, a replay.
 * All of them hand out undecoded records (struct kp_raw) and describe themselves with one
 * struct kp_meta. Includes kp.h and the kernel's perf UAPI only.
 */
#ifndef KP_SOURCE_H
#define KP_SOURCE_H

#include <linux/perf_event.h>
#include <stdio.h>

#include "kp.h"

/**
 * struct kp_attr - one perf event of the source
 * @attr: in host byte order, bits normalised; fields the source's older attr lacked are zero
 * @ids: sample ids that belong to it (owned by the meta)
 * @nr_ids: number of @ids
 * @name: "kvm:kvm_exit", "cycles:G"; never NULL: made up from type and config when the source
 *	has none. Owned by the meta
 * @system: tracepoint system ("kvm") or NULL when not a tracepoint or unknown. Owned by the meta
 * @event: tracepoint name ("kvm_exit") or NULL. Owned by the meta
 */
struct kp_attr {
	struct perf_event_attr attr;
	uint64_t *ids;
	uint32_t nr_ids;
	char *name;
	char *system;
	char *event;
};

/**
 * struct kp_pmu_map - a row of HEADER_PMU_MAPPINGS: the PMU with perf type @type
 * @cpus: list of the CPUs of a core PMU, on machines with several (HEADER_HYBRID_TOPOLOGY); NULL
 *	not known
 */
struct kp_pmu_map {
	uint32_t type;
	char *name;
	char *cpus;
};

/** struct kp_cpu_place - where a CPU sits: a row of HEADER_CPU_TOPOLOGY */
struct kp_cpu_place {
	uint32_t core_id;
	uint32_t socket_id;
	uint32_t die_id;
};

/**
 * struct kp_topology - HEADER_CPU_TOPOLOGY. Lists are CPU lists ("0-3,8"), one for each group
 * @packages: CPUs that share a package (perf says "sibling sockets")
 * @threads: CPUs that share a core
 * @dies: CPUs that share a die; none where the kernel does not tell
 * @cpus: by CPU number; @nr_cpus is kp_meta.nr_cpus_avail, or 0
 */
struct kp_topology {
	char **packages;
	char **threads;
	char **dies;
	struct kp_cpu_place *cpus;
	uint32_t nr_packages;
	uint32_t nr_threads;
	uint32_t nr_dies;
	uint32_t nr_cpus;
};

/** enum kp_irq_line - lines of /proc/interrupts that are about PMUs; PMI: arm64: of PMU drivers */
enum kp_irq_line { KP_IRQ_NMI, KP_IRQ_PMI, KP_IRQ_VPMI, KP_IRQ_LINES };

/** struct kp_irq_total - of all CPUs, since the host booted, when the recording began and ended */
struct kp_irq_total {
	bool known;
	uint64_t begin, end;
};

/**
 * struct kp_meta - what a source says about itself. Owned by the source, valid until it is freed.
 *
 * In pipe mode attributes, features and tracing data arrive as records, before the samples that
 * need them; @generation grows when anything here changes, so that a decoder knows to look again.
 * Strings are NULL, numbers 0 with the matching has_ bit clear, when the source does not say.
 *
 * @generation: changes whenever the rest does
 * @attrs: events, in file order
 * @nr_attrs: number of @attrs
 * @bigendian: recorded on a machine of big-endian byte order
 * @swapped: that is not this machine's byte order; kp_raw bytes are as recorded
 * @long_size: sizeof(long) of the recording kernel as its tracing data says; 0 unknown
 * @tracing: HEADER_TRACING_DATA bytes (trace-cmd's format, see
 *	tools/perf/util/trace-event-info.c), NULL when there is none
 * @tracing_size: bytes in @tracing
 * @hostname, @osrelease, @perf_version, @arch, @cpudesc, @cpuid, @cmdline: strings
 * @nr_cpus_online, @nr_cpus_avail: HEADER_NRCPUS
 * @total_mem_kb: HEADER_TOTAL_MEM
 * @clockid_res_ns: HEADER_CLOCKID, resolution of the clock that perf_event_attr.clockid names; 0:
 *   the
 *	samples' clock is perf's own
 * @topology: HEADER_CPU_TOPOLOGY
 * @sample_first_ns, @sample_last_ns, @has_sample_time: HEADER_SAMPLE_TIME
 * @pmus: HEADER_PMU_MAPPINGS
 * @nr_pmus: number of @pmus
 * @irqs: of kvmpmu's own recordings; known when the end is reached
 * @features: bitmap of HEADER_* features present, known or not
 * @data_size_bytes: bytes of event data, 0 when unknown (pipe)
 * @truncated: the file ended before its header said; set when the end is reached
 * @pipe: pipe mode
 */
struct kp_meta {
	uint32_t generation;
	struct kp_attr *attrs;
	uint32_t nr_attrs;
	bool bigendian;
	bool swapped;
	bool pipe;
	bool truncated;
	uint8_t long_size;
	void *tracing;
	size_t tracing_size;
	char *hostname;
	char *osrelease;
	char *perf_version;
	char *arch;
	char *cpudesc;
	char *cpuid;
	char *cmdline;
	uint32_t nr_cpus_online;
	uint32_t nr_cpus_avail;
	uint64_t total_mem_kb;
	uint64_t clockid_res_ns;
	bool has_sample_time;
	uint64_t sample_first_ns;
	uint64_t sample_last_ns;
	struct kp_pmu_map *pmus;
	uint32_t nr_pmus;
	struct kp_topology topology;
	struct kp_irq_total irqs[KP_IRQ_LINES];
	uint64_t features[4];
	uint64_t data_size_bytes;
};

/**
 * struct kp_raw - one perf record as it was recorded
 * @data: starts with struct perf_event_header, in the source's byte order. Borrowed: valid until
 *	the next call of next() on the same source
 * @size: bytes, equals header.size; at least sizeof(struct perf_event_header), at most 65535
 * @type: header.type in host byte order. PERF_RECORD_COMPRESSED*, HEADER_ATTR, HEADER_EVENT_TYPE,
 *	HEADER_TRACING_DATA, HEADER_FEATURE and AUXTRACE (with its payload) are used up by the
 *	source and never handed out, nor are EVENT_UPDATE and FINISHED_ROUND at the start of a
 *	pipe, before anything else
 * @misc: header.misc in host byte order
 * @offset: position in the file; for records out of a compressed one, a number that keeps
 *	growing in reading order
 * @stream: ring buffer the record came from when the source knows it (live), else 0
 */
struct kp_raw {
	const void *data;
	uint32_t size;
	uint32_t type;
	uint16_t misc;
	uint16_t stream;
	uint64_t offset;
};

/**
 * struct kp_stretch - bytes of a source that lie in one piece, and begin with a record
 * @data: borrowed until the next call of next() or peek() on the source. What is in it nobody has
 *	looked at: the last record may be cut off, or any of them be one for the source itself
 * @size: bytes of it
 * @offset: kp_raw.offset of @data
 */
struct kp_stretch {
	const uint8_t *data;
	size_t size;
	uint64_t offset;
};

struct kp_source;

/**
 * struct kp_source_ops - what a source can do
 * @next: the next record. 1: @raw is set; 0: the end (file), or nothing to read now (live);
 *	-errno: cannot go on. A damaged file yields everything readable first, then -EBADMSG, with
 *	kp_source_error() saying what and at which offset
 * @peek: what is there already, for whoever can take many records at a time. false: nothing, or
 *	next() must have a look at it first. What it shows is only gone when it was passed to @used,
 *	and may be whole records of the kernel alone (types below 64). May be NULL, as @used then
 * @used: @size_bytes of what peek() showed are done with
 * @ahead: for a thread that has nothing else to do, while another calls the functions above: read
 *	some of what they will need. false: there is nothing to read ahead now. May be NULL
 * @wait: live sources: wait until data may be there, at most @timeout_ms; 1 data, 0 timeout or
 *	interrupted, -errno. NULL for files
 * @progress: bytes consumed so far and in total (0 unknown), for a progress bar. May be NULL
 * @free: release everything
 */
struct kp_source_ops {
	int (*next)(struct kp_source *src, struct kp_raw *raw);
	bool (*peek)(struct kp_source *src, struct kp_stretch *stretch);
	void (*used)(struct kp_source *src, size_t size_bytes);
	bool (*ahead)(struct kp_source *src);
	int (*wait)(struct kp_source *src, int timeout_ms);
	void (*progress)(const struct kp_source *src, uint64_t *done, uint64_t *total);
	void (*free)(struct kp_source *src);
};

/**
 * struct kp_source - common head of every source; implementations embed it first.
 * @ops: see above
 * @meta: frozen in file mode once opened; grows in pipe mode
 * @error: last error in words ("FILE: offset 0x1234: record of 3 bytes ..."), empty if none
 */
struct kp_source {
	const struct kp_source_ops *ops;
	struct kp_meta meta;
	char error[256];
};

static inline int kp_source_next(struct kp_source *src, struct kp_raw *raw)
{
	return src->ops->next(src, raw);
}

static inline const char *kp_source_error(const struct kp_source *src)
{
	return src->error;
}

/** kp_source_free - free(NULL) is legal */
static inline void kp_source_free(struct kp_source *src)
{
	if (src)
		src->ops->free(src);
}

/* ---- perf.data in: src/data ---- */

/**
 * kp_perfdata_open - open a perf.data file or pipe
 * @path: file name, or "-" for standard input
 * @out: the source, to be freed with kp_source_free()
 * @err: receives a message that names the file, what is wrong, where, and what to do; may be NULL
 * @err_size: bytes in @err
 *
 * Tells file from pipe mode by the header, whatever @path is. Accepts both byte orders, attributes
 * of any size (64 bytes and more), PERF_RECORD_COMPRESSED and COMPRESSED2, any known or unknown
 * feature section. Everything is bounds-checked; memory stays bounded whatever the file says.
 *
 * Return: 0, -errno of open/read, -EBADMSG not a perf.data file or damaged beyond use,
 * -ENOTSUP needs something this build lacks (zstd).
 */
int kp_perfdata_open(const char *path, struct kp_source **out, char *err, size_t err_size);

/**
 * kp_perfdata_open_fd - the same, from an open file descriptor (taken over, closed on free)
 * @name: what to call it in messages
 */
int kp_perfdata_open_fd(int fd, const char *name, struct kp_source **out, char *err,
			size_t err_size);

/* ---- perf.data out: src/data ---- */

/**
 * struct kp_writer_opts - how to write
 * @pipe: pipe mode (attrs, features and tracing data as records)
 * @zstd_level: 0 no compression, 1..22 PERF_RECORD_COMPRESSED (file and pipe; COMPRESSED because
 *	perf before 6.16 does not know COMPRESSED2)
 * @max_size_bytes: stop when the file would grow past it; 0 no limit
 */
struct kp_writer_opts {
	bool pipe;
	int zstd_level;
	uint64_t max_size_bytes;
};

struct kp_writer;

/**
 * kp_writer_new - start a perf.data on @fd (taken over)
 * @meta: attrs, ids and features to write; borrowed until kp_writer_close(). All attrs and ids
 *	must be there already; features that are known only at the end (sample_time) are taken
 *	from @meta at close
 *
 * Crash-safe: until it is closed the file is one of pipe mode, complete with attributes and tracing
 * data, so that kvmpmu and every perf read what reached the disk after kill -9 or a full disk.
 *
 * Return: 0 or -errno: -ESPIPE @fd cannot seek and @opts does not say pipe, -EOPNOTSUPP @meta is of
 * foreign byte order. @fd is closed then.
 */
int kp_writer_new(int fd, const struct kp_writer_opts *opts, const struct kp_meta *meta,
		  struct kp_writer **out);

/**
 * kp_writer_put - append one or more whole records (bytes as the kernel wrote them)
 *
 * Return: 0; -EFBIG when max_size_bytes is reached (nothing of @data was written); -ENOSPC, -EIO
 * and other -errno of write(): the writer is still closable and what was written stays readable.
 */
int kp_writer_put(struct kp_writer *w, const void *data, size_t size_bytes);

/** kp_writer_round - end of a pass over all ring buffers: writes PERF_RECORD_FINISHED_ROUND */
int kp_writer_round(struct kp_writer *w);

/**
 * kp_writer_irqs - write what meta.irqs knows, as the last record. 0 or as kp_writer_put()
 *
 * It goes as the unit of an event (PERF_RECORD_EVENT_UPDATE), of which perf takes notice for
 * perf stat alone: files, pipes, and all versions of perf since 4.8 read it alike. An unknown
 * feature would do in files, but perf 6.12 refuses it in pipes.
 */
int kp_writer_irqs(struct kp_writer *w);

/** kp_writer_size - bytes that are or will be in the file */
uint64_t kp_writer_size(const struct kp_writer *w);

/**
 * kp_writer_close - flush, write features and the final header, free. NULL is legal. 0 or -errno
 */
int kp_writer_close(struct kp_writer *w);

/* ---- meta helpers: src/data/meta.c ---- */

/** kp_meta_clear - free everything in @meta and zero it */
void kp_meta_clear(struct kp_meta *meta);

#endif
