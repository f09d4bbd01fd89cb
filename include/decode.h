/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * decode.h - from raw records to kp_events in time order: the record decoder, its side-band table
 * and the ordering queue. Includes kp.h, event.h, source.h, arch.h.
 */
#ifndef KP_DECODE_H
#define KP_DECODE_H

#include "event.h"
#include "source.h"

/** kp_decode() return values above 0 are never errors */
enum kp_decode_result {
	KP_DECODE_NONE = 0, /* understood, no event comes of it */
	KP_DECODE_EVENT = 1, /* @ev is set */
	KP_DECODE_ROUND = 2, /* PERF_RECORD_FINISHED_ROUND */
	KP_DECODE_MORE = 3, /* @ev is set, and kp_decode_more() may have others */
};

struct kp_decoder;
struct kp_arch;

/**
 * kp_decoder_new - build a decoder for a source
 * @meta: borrowed for the decoder's life; watched for changes of its generation
 *
 * Resolves, once per event: which struct kp_arch speaks (by the recording's arch and cpuid, not
 * this machine's), the sample layout, tracepoint field offsets through libtraceevent. Nothing is
 * looked up by name, and nothing is allocated, per sample.
 *
 * Return: 0, -ENOMEM, or -EBADMSG when the tracing data cannot be parsed (the decoder is still
 * made: tracepoints then have kind KP_EV_TRACEPOINT; kp_decoder_warning() says so).
 */
int kp_decoder_new(const struct kp_meta *meta, struct kp_decoder **out);
void kp_decoder_free(struct kp_decoder *dec);

/**
 * kp_decode - one record to at most one event
 * Return: enum kp_decode_result, -EBADMSG when the record is too short for what its attr promises
 * (the record is skipped, the caller counts and goes on), -ENOENT when its id belongs to no attr.
 */
int kp_decode(struct kp_decoder *dec, const struct kp_raw *raw, struct kp_event *ev);

/**
 * kp_decode_more - after KP_DECODE_MORE: the next event of the same record, whose bytes must still
 * be there. A sample of record --switch holds many exits (swbatch.h); where the recording has
 * kvm:kvm_exit too, only what that does not tell comes out. 1: @ev is set, 0: no more
 */
int kp_decode_more(struct kp_decoder *dec, struct kp_event *ev);

struct kp_block;

/**
 * kp_decode_plain - as many samples as can be from the start of @stretch into @b: those of
 * tracepoints that have all that they have at fixed places, in this machine's byte order. It ends
 * with any other record, with one that is cut off or damaged, or when @b is full
 * @stretch: what was decoded leaves it
 * @begun: b->ev[b->nr] holds an event that had better begin a block of its own (kp_block_breaks());
 *	it has left @stretch too
 *
 * Return: the number of samples. 0: kp_decode() must see the first record
 */
size_t kp_decode_plain(struct kp_decoder *dec, struct kp_stretch *stretch, struct kp_block *b,
		       bool *begun);

/**
 * kp_decoder_leave_out - fields (KP_HAS_*) that nobody needs of events of @kind: what a tracepoint
 * has for them is not copied, and their valid bit may be clear
 */
void kp_decoder_leave_out(struct kp_decoder *dec, enum kp_kind kind, uint32_t fields);

/**
 * struct kp_decode_probes - what samples of record --switch say of the probes that made them, as in
 * struct kp_swbatch
 */
struct kp_decode_probes {
	bool seen;
	uint8_t how;
	uint16_t pair_ns, full_ns;
};

/** kp_decoder_probes - NULL: no such sample came until now */
const struct kp_decode_probes *kp_decoder_probes(const struct kp_decoder *dec);

/** kp_decoder_raw_times - leave the probes' own cost in the durations of KP_EV_SWITCH */
void kp_decoder_raw_times(struct kp_decoder *dec);

/** kp_decoder_warning - what the user should know (one line each), index from 0; NULL: no more */
const char *kp_decoder_warning(const struct kp_decoder *dec, unsigned int idx);

/** kp_decoder_arch - the architecture chosen; never NULL (the generic one at the least) */
const struct kp_arch *kp_decoder_arch(const struct kp_decoder *dec);

/**
 * kp_decode_print - the rest of an event as text, for script: tracepoint fields as the kernel's
 * own print format shows them, side-band records in perf script's words. Appends to @f. Slow path.
 */
int kp_decode_print(struct kp_decoder *dec, const struct kp_raw *raw, const struct kp_event *ev,
		    FILE *f);

enum kp_field_type {
	KP_FIELD_NONE = 0, /* the record is too short for it */
	KP_FIELD_UNSIGNED,
	KP_FIELD_SIGNED, /* number holds the sign-extended value */
	KP_FIELD_STRING, /* bytes, size without the NUL */
	KP_FIELD_BYTES, /* arrays and whatever else */
};

/** struct kp_field - one field of a tracepoint; all borrowed for the call */
struct kp_field {
	const char *name;
	enum kp_field_type type;
	uint64_t number;
	const uint8_t *bytes;
	size_t size;
};

/**
 * kp_decode_fields - a tracepoint sample's own fields, one call of @fn each, in the format's order.
 * Nothing for other records, and where the recording has no format. Slow path.
 */
void kp_decode_fields(struct kp_decoder *dec, const struct kp_raw *raw,
		      void (*fn)(void *ctx, const struct kp_field *field), void *ctx);

/**
 * kp_decoder_exit_name - name of exit reason @code of @isa in this recording: the arch's table, or
 * else the recording's own print format, or else "0x..". Never NULL; borrowed from the decoder.
 */
const char *kp_decoder_exit_name(struct kp_decoder *dec, uint8_t isa, uint32_t code);

/*
 * ---- side-band: COMM, MMAP, MMAP2, KSYMBOL, kept because they carry strings ----
 *
 * A thread that consumes events may look records up while another goes on decoding. FORK and EXIT
 * are not stored: their event says it all (event.h).
 */

/**
 * struct kp_side - a stored side-band record
 * @type: PERF_RECORD_COMM, MMAP, MMAP2, KSYMBOL
 * @mode: enum kp_mode of the record (guest kernel maps of perf kvm are told by it)
 * @pid, @tid: whose
 * @addr, @len, @pgoff: MMAP*, KSYMBOL
 * @exec: COMM of an exec
 * @name: comm, file name or symbol; never NULL. Owned by the decoder
 */
struct kp_side {
	uint32_t type;
	uint8_t mode;
	bool exec;
	uint32_t pid, tid;
	uint64_t addr, len, pgoff;
	const char *name;
};

/** kp_decoder_side - stored record @id (kp_event.value of KP_EV_TASK); NULL if there is none */
const struct kp_side *kp_decoder_side(const struct kp_decoder *dec, uint64_t id);

/* ---- order ---- */

struct kp_order;

/**
 * struct kp_order_opts
 * @budget_bytes: memory for waiting events; what exceeds it is spilled to an unlinked temporary
 *	file, so that order holds and memory stays bounded. 0: 16 MiB
 */
struct kp_order_opts {
	size_t budget_bytes;
};

/**
 * kp_order_new - a queue that puts events into time order
 *
 * Events come as runs that are already sorted (one ring buffer drained after the other), so they
 * are merged, not sorted. Equal times keep the order of arrival. Events without a time take the
 * time of the event before them. Rounds follow perf's rule (tools/perf/util/ordered-events.c): what
 * is older than the newest time seen in the round before last may go at a FINISHED_ROUND.
 */
int kp_order_new(const struct kp_order_opts *opts, struct kp_order **out);
void kp_order_free(struct kp_order *ord);

/** kp_order_push - queue @ev (copied). 0, -ENOMEM, or -errno of the spill file */
int kp_order_push(struct kp_order *ord, const struct kp_event *ev);

#define KP_BLOCK_EVENTS 256

#define KP_BLOCK_ROUNDS 8

/**
 * struct kp_block - a piece of the stream on its way into the queue. Whoever decodes fills @ev and
 * calls kp_block_add() for each event, kp_block_round() for each FINISHED_ROUND between them
 * @next: for its owner, to make lists; @head: next to go, @nr: behind the last
 * @newest_ns: time of the last one; @mixed: they are not in order, or some have no time; in the
 *	queue, where all are in order: some may have no time
 * @round: how many events come before each of @nr_rounds rounds, of which @rounds_done are known to
 *	the queue
 */
struct kp_block {
	struct kp_block *next;
	uint32_t head, nr;
	uint64_t newest_ns;
	bool mixed;
	uint8_t nr_rounds, rounds_done;
	uint16_t round[KP_BLOCK_ROUNDS];
	_Alignas(64) struct kp_event ev[KP_BLOCK_EVENTS];
};

/** kp_block_add - b->ev[b->nr] has been filled and goes after the others; there must be room */
static inline void kp_block_add(struct kp_block *b)
{
	const struct kp_event *ev = &b->ev[b->nr++];

	b->mixed |= !(ev->valid & KP_HAS_TIME) || ev->time_ns < b->newest_ns;
	b->newest_ns = ev->time_ns;
}

/**
 * kp_block_breaks - would the event at b->ev[b->nr] better begin a block of its own? Another ring
 * begins there as a rule, and blocks that are in order are worth more than full ones
 */
static inline bool kp_block_breaks(const struct kp_block *b)
{
	return KP_UNLIKELY(b->ev[b->nr].time_ns < b->newest_ns) && !b->mixed &&
	       b->nr >= KP_BLOCK_EVENTS / 4;
}

/** kp_block_round - a round ends here. false: no more of them have room, and b is to go */
static inline bool kp_block_round(struct kp_block *b)
{
	b->round[b->nr_rounds++] = (uint16_t)b->nr;
	return b->nr_rounds < KP_BLOCK_ROUNDS;
}

/**
 * kp_order_spare - an empty block for kp_order_give() of the same queue, one used not long ago if
 * there is one; NULL: no memory. Another thread than that of all the rest may call it
 */
struct kp_block *kp_order_spare(struct kp_order *ord);

/**
 * kp_order_give - queue the events of *@b as if they were pushed one by one, with kp_order_round()
 * between them; those of a block that is in order are not even copied
 * @b: the queue's from now on. Not NULL on return: only a part of it was queued, up to a round;
 *	pop what there is and call again
 *
 * Return: 1 more events may now be popped; 0 there was no round; else as kp_order_push()
 */
int kp_order_give(struct kp_order *ord, struct kp_block **b);

/** kp_block_new - an empty block; NULL: no memory. kp_block_free - of one that was not given */
struct kp_block *kp_block_new(void);
void kp_block_free(struct kp_block *b);

/** kp_order_round - a FINISHED_ROUND was read: more events may now be popped */
void kp_order_round(struct kp_order *ord);

/** kp_order_flush - the end: everything may be popped */
void kp_order_flush(struct kp_order *ord);

/** kp_order_limit - live: events older than @time_ns may be popped */
void kp_order_limit(struct kp_order *ord, uint64_t time_ns);

/** kp_order_pop - next event that may go. 1: @ev set; 0: none now; -errno of the spill file */
int kp_order_pop(struct kp_order *ord, struct kp_event *ev);

/**
 * kp_order_span - the same for as many events as lie in one piece: no copy
 * @events, @nr: borrowed until the next call of any kp_order_ function on @ord but push
 */
int kp_order_span(struct kp_order *ord, const struct kp_event **events, size_t *nr);

/** kp_order_late - events that came after a later one had been popped; @offset: the first one's */
uint64_t kp_order_late(const struct kp_order *ord, uint64_t *offset);

#endif
