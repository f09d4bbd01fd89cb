/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * decoder.h - the inside of struct kp_decoder, shared by the files of this folder: record.c fills
 * events from bytes, tep.c compiles tracepoint formats, side.c keeps strings, names.c names exits,
 * print.c writes records as text.
 */
#ifndef KP_DECODE_DECODER_H
#define KP_DECODE_DECODER_H

#include <byteswap.h>
#include <stdatomic.h>
#include <string.h>

#include "archs.h"
#include "decode.h"
#include "lib/hash.h"
#include "lib/vec.h"

struct tep_handle;
struct tep_event;

/* ---- reading numbers as recorded ---- */

static inline uint16_t kp_read_u16(const void *p, bool swapped)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return swapped ? bswap_16(v) : v;
}

static inline uint32_t kp_read_u32(const void *p, bool swapped)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return swapped ? bswap_32(v) : v;
}

static inline uint64_t kp_read_u64(const void *p, bool swapped)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return swapped ? bswap_64(v) : v;
}

/* ---- tracepoint fields, compiled ---- */

/**
 * struct kp_tp_op - copy one field of the raw data into the event
 * @src: offset in the raw data; @size: 1, 2, 4 or 8 bytes there; @is_signed: extend the sign
 * @back: from the raw data's start to eight bytes, little-endian, whose upper ones are the field,
 *	or as much of it as @dst takes; @shift: the bits below it
 * @dst, @dst_size: member of struct kp_event
 * @valid: KP_HAS_* bits to set
 */
struct kp_tp_op {
	uint16_t src;
	uint8_t size;
	bool is_signed;
	uint8_t shift;
	uint8_t dst;
	uint8_t dst_size;
	int32_t back;
	uint32_t valid;
};

_Static_assert(sizeof(struct kp_event) <= UINT8_MAX, "kp_tp_op.dst is 8 bits wide");

/**
 * struct kp_tp_text - copy the begin of a string, see kp_tp_field.is_text
 * @src: where the raw data has its place: offset in the low 16 bits, length above
 * @relative: that offset counts from the end of itself (__rel_loc)
 * @dst: member of struct kp_event; @valid: KP_HAS_* bits to set; 0: the row has no such field
 */
struct kp_tp_text {
	uint16_t src;
	bool relative;
	uint8_t dst;
	uint32_t valid;
};

/**
 * enum kp_tp_form - what there is to do for an op, in the order in which it is done
 * @KP_FORM_PLAIN: eight bytes are stored whatever the member's size, the upper ones zero. They fall
 *	on members that come later, lowest first, or are set when these ops are done: see
 *	kp_run_plain_ops()
 * @KP_FORM_U16: a member of 16 bits, which the value may exceed
 * @KP_FORM_ANY: all else
 */
enum kp_tp_form {
	KP_FORM_PLAIN,
	KP_FORM_U16,
	KP_FORM_ANY,
	KP_FORMS,
};

/**
 * struct kp_tp_prog - a tracepoint of the recording, compiled
 * @kind: enum kp_kind; KP_EV_TRACEPOINT when no row of a table knows it
 * @isa: for events that have exit codes, unless a field says better
 * @nr: number of @ops, sorted by enum kp_tp_form; @end: where those of each form end
 * @valid: KP_HAS_* of those and of @isa
 * @raw_min: bytes of raw data that the ops need
 * @text: behind them; such events are rare
 * @fixup: see struct kp_tp
 */
struct kp_tp_prog {
	uint16_t kind;
	uint8_t isa;
	uint8_t nr, end[KP_FORMS];
	uint32_t valid;
	uint32_t raw_min;
	void (*fixup)(struct kp_event *ev);
	struct kp_tp_text text;
	struct kp_tp_op ops[KP_TP_FIELDS_MAX];
};

/* ---- the shapes of most tracepoints: shape.c ---- */

/**
 * enum kp_shape - which members of struct kp_event the fields of a tracepoint fill, for those
 * tracepoints that nearly all samples are of
 * @KP_SHAPE_OTHER: none of these; kp_tp_prog.ops tells
 * @KP_SHAPE_VCPU: vcpu: kvm_entry
 * @KP_SHAPE_EXIT: code, extra, isa, vcpu: kvm_exit
 * @KP_SHAPE_IP: ip: kvm_entry of arm64
 * @KP_SHAPE_TASKS: code, extra, value: sched_switch. These have no kp_tp.fixup, those that follow
 *	have one
 * @KP_SHAPE_PAIR: code, extra: kvm_exit of arm64
 * @KP_SHAPE_NUMBER: code, flags: kvm_inj_virq, rdpmc
 * @KP_SHAPE_ACCESS: code, value, flags: read_msr, write_msr
 * @KP_SHAPE_MSR: code, value, flags, reserved[0]: kvm_msr
 */
enum kp_shape {
	KP_SHAPE_OTHER,
	KP_SHAPE_VCPU,
	KP_SHAPE_EXIT,
	KP_SHAPE_IP,
	KP_SHAPE_TASKS,
	KP_SHAPE_PAIR,
	KP_SHAPE_NUMBER,
	KP_SHAPE_ACCESS,
	KP_SHAPE_MSR,
	KP_SHAPES
};

/** enum kp_shaped_member - those members */
enum kp_shaped_member {
	KP_SHAPED_CODE,
	KP_SHAPED_EXTRA,
	KP_SHAPED_IP,
	KP_SHAPED_VALUE,
	KP_SHAPED_VCPU,
	KP_SHAPED_ISA,
	KP_SHAPED_FLAGS,
	KP_SHAPED_SCRATCH,
	KP_SHAPED_MEMBERS
};

/** kp_tp_shape - the shape of @prog, and of each member where in the raw data its lowest byte is */
enum kp_shape kp_tp_shape(const struct kp_tp_prog *prog, uint16_t at[KP_SHAPED_MEMBERS]);

/** kp_tp_text_run - @data has the place of the string, @size bytes in all: text.c */
void kp_tp_text_run(const struct kp_tp_text *text, const uint8_t *data, uint32_t size,
		    struct kp_event *ev, bool swapped);

/** kp_tp_text - the same, if there is one at all */
static inline void kp_tp_text(const struct kp_tp_text *text, const uint8_t *data, uint32_t size,
			      struct kp_event *ev, bool swapped)
{
	if (KP_UNLIKELY(text->valid))
		kp_tp_text_run(text, data, size, ev, swapped);
}

/* ---- sample layout of one attr ---- */

#define KP_NO_FIELD UINT16_MAX

/**
 * struct kp_layout - where an attr's records keep what; offsets from the start of the record for
 * samples, from its end for the sample_id trailer of other records; KP_NO_FIELD: not there
 * @fixed_end: bytes of a sample before its first field of variable size
 * @var_before_raw: READ or CALLCHAIN come before RAW and must be walked
 */
struct kp_layout {
	uint64_t sample_type;
	uint64_t read_format;
	uint16_t ip, tid, time, id, cpu, period;
	uint16_t fixed_end;
	bool var_before_raw;
	bool has_raw;
	bool sample_id_all;
	uint16_t back_tid, back_time, back_id, back_cpu;
	uint16_t trailer;
};

/** enum kp_plain - KP_PLAIN_PERF and KP_PLAIN_OWN: with the layout of that recorder, see ops.h */
enum kp_plain {
	KP_PLAIN_NOT,
	KP_PLAIN_PERF,
	KP_PLAIN_OWN,
	KP_PLAIN_OTHER,
};

/**
 * struct kp_shaped - what plain samples of an attr are; those of a shape are decoded by this alone
 * @base: what all their events have in common, and that they have a time
 * @min: bytes of a sample, @raw_min: bytes of raw data that are needed
 * @at: see kp_tp_shape()
 */
struct kp_shaped {
	struct kp_event base;
	enum kp_shape shape;
	uint32_t min, raw_min;
	uint16_t at[KP_SHAPED_MEMBERS];
	void (*fixup)(struct kp_event *ev);
};

/**
 * struct kp_attr_dec - everything about one attr that its records need
 * @plain: a tracepoint of numbers in this machine's byte order whose samples have tid, time, CPU
 *	and raw data at fixed places, and a period there or always the same, as perf record and
 *	kvmpmu record make them; @shaped: what else there is to know of those
 * @index: of the attr
 */
struct kp_attr_dec {
	struct kp_shaped shaped;
	struct kp_layout layout;
	enum kp_plain plain;
	bool is_batch; /* of record --switch */
	uint16_t index;
	bool is_tp;
	bool has_period; /* of the attr: a fixed sampling period */
	uint64_t period;
	struct kp_tp_prog prog;
};

/* ---- batches of record --switch: swbatch.c ---- */

/**
 * struct kp_swbatch_iter - where kp_decode_more() stands in a sample
 * @slot: the next, borrowed from the record; @left: slots from there on; @step: events of it done
 * @ev: what all its events have in common; its time is the sample's
 */
struct kp_swbatch_iter {
	const uint8_t *slot;
	uint8_t left, slot_bytes, step;
	uint64_t base_ns, now_ns;
	struct kp_event ev;
};

bool kp_swbatch_is(const struct kp_attr *attr);

/** kp_swbatch_decode - a sample, whose own fields are in @ev; as kp_decode() */
int kp_swbatch_decode(struct kp_decoder *dec, const struct kp_layout *lay, const struct kp_raw *raw,
		      struct kp_event *ev);

/* ---- side-band table: side.c ---- */

#define KP_SIDE_CHUNK	1024
#define KP_SIDE_CHUNKS	128
#define KP_SIDE_STRINGS (4u << 20)

/**
 * struct kp_side_table - records never move once published: one thread adds, others may read
 * @nr: published records; ids are below it
 * @index: hash of content -> id, so that repeated records cost nothing
 */
struct kp_side_table {
	_Atomic(struct kp_side *) chunk[KP_SIDE_CHUNKS];
	_Atomic uint64_t nr;
	uint64_t dropped;
	struct kp_hash index;
	struct kp_hash strings;
	KP_VEC(char *) blocks;
	size_t block_used, block_size, string_bytes;
};

/** kp_side_add - the id of @rec (its name is copied), or UINT64_MAX when the table is full */
uint64_t kp_side_add(struct kp_side_table *t, const struct kp_side *rec, const char *name,
		     size_t name_len);
const struct kp_side *kp_side_get(const struct kp_side_table *t, uint64_t id);
void kp_side_free(struct kp_side_table *t);

/* ---- exit names: names.c ---- */

#define KP_NAMES_MAX 4096

/**
 * struct kp_names - names from the recording's print formats, and numbers for what has none.
 * Entries are only added; the lock is taken on both sides, this is no hot path.
 */
struct kp_names {
	atomic_flag lock;
	struct kp_hash index;
	KP_VEC(char *) list;
};

void kp_names_init(struct kp_names *n);
void kp_names_free(struct kp_names *n);

/** kp_names_learn - take the symbol tables of an exit tracepoint's print format */
void kp_names_learn(struct kp_names *n, const struct kp_tp *tp, uint8_t isa,
		    const struct tep_event *event);
const char *kp_names_get(struct kp_names *n, uint8_t isa, uint32_t code);

/* ---- tracing data: tep.c ---- */

struct kp_tep;

/**
 * kp_tep_new - find the formats in HEADER_TRACING_DATA, which is borrowed until kp_tep_free()
 * Return: 0, -ENOMEM, -EBADMSG with @err saying what is wrong and at which offset; *out may then
 * hold what could be read before it.
 */
int kp_tep_new(const void *data, size_t size, struct kp_tep **out, char *err, size_t err_size);
void kp_tep_free(struct kp_tep *tep);

/**
 * kp_tep_event - by the id the recording's kernel gave it, else by name; NULL unknown. Parses its
 * format the first time
 */
struct tep_event *kp_tep_event(struct kp_tep *tep, const struct kp_attr *attr);

/** kp_tep_compile - bind the fields of @tp to the format of @event */
void kp_tep_compile(const struct tep_event *event, const struct kp_tp *tp, uint8_t isa,
		    struct kp_tp_prog *prog);

/** kp_tep_leave_out - @prog shall not copy @fields (KP_HAS_*) */
void kp_tep_leave_out(struct kp_tp_prog *prog, uint32_t fields);

/** kp_tep_matches - same name, and all fields of the row are there: tells machines apart */
bool kp_tep_matches(const struct tep_event *event, const struct kp_tp *row);

/** kp_tep_event_name - borrowed from @event; never NULL */
void kp_tep_event_name(const struct tep_event *event, const char **system, const char **name);

/** kp_tep_print - raw data in the kernel's own print format; falls back to name=value */
int kp_tep_print(struct kp_tep *tep, struct tep_event *event, const void *raw, size_t size,
		 uint32_t cpu, FILE *f);

/** kp_tep_fields - each field of the event to @fn, in the format's order; see decode.h */
void kp_tep_fields(const struct kp_tep *tep, const struct tep_event *event, const void *raw,
		   size_t size, void (*fn)(void *ctx, const struct kp_field *field), void *ctx);

/** kp_tep_bad_formats - formats asked for that could not be parsed, whole or in part */
unsigned int kp_tep_bad_formats(const struct kp_tep *tep);

/* ---- the decoder ---- */

#define KP_RECENT_IDS 64

/**
 * struct kp_recent_id - @attr1: index of the attr plus one, 0: the place is free; @plain: what the
 * attr's samples have where, NULL: they are not plain, or not laid out as kp_decoder.stretch says
 */
struct kp_recent_id {
	uint64_t id;
	const struct kp_attr_dec *plain;
	uint32_t attr1, unused[3]; /* 32 bytes: found by a shift */
};

#define KP_WARNINGS_MAX 16

/**
 * struct kp_decoder - owner: the caller of kp_decoder_new()
 * @id_offset: where a sample keeps its id; KP_NO_FIELD: samples have none
 * @id_back: where other records keep it, from their end
 * @stretch, @stretch_layout: how the samples are laid out that kp_decode_plain() takes
 */
struct kp_decoder {
	const struct kp_meta *meta;
	uint32_t generation;
	bool swapped;
	uint16_t id_offset, id_back;
	uint32_t nr_attrs, cap_attrs;
	struct kp_attr_dec *attrs;
	enum kp_plain stretch;
	struct kp_layout stretch_layout;
	struct kp_hash ids;
	uint32_t left_out[KP_EV_MAX]; /* KP_HAS_* of fields that nobody needs */
	struct kp_recent_id recent[KP_RECENT_IDS]; /* ids are mostly numbers in sequence */
	_Atomic(const struct kp_arch *) arch;
	struct kp_tep *tep;
	const void *tep_data;
	size_t tep_size;
	struct kp_side_table side;
	struct kp_names names;
	char *warnings[KP_WARNINGS_MAX];
	unsigned int nr_warnings;
	bool told_no_formats;
	bool has_kvm_exits; /* the recording has kvm_entry and kvm_exit themselves */
	bool raw_times;
	struct kp_decode_probes probes;
	struct kp_swbatch_iter batch;
};

/** kp_decoder_warn - remember a line for the user, once */
void kp_decoder_warn(struct kp_decoder *dec, const char *fmt, ...) KP_PRINTF(2, 3);

/** kp_decoder_tell_no_formats - a tracepoint's sample came, and no format did */
void kp_decoder_tell_no_formats(struct kp_decoder *dec);

/** kp_decoder_resolve - catch up with the meta. 0, -ENOMEM, or -EBADMSG (tracing data) */
int kp_decoder_resolve(struct kp_decoder *dec);

/** kp_same_places - do plain samples of both keep everything in the same place? */
static inline bool kp_same_places(const struct kp_layout *a, const struct kp_layout *b)
{
	return a->tid == b->tid && a->time == b->time && a->cpu == b->cpu &&
	       a->period == b->period && a->fixed_end == b->fixed_end;
}

/** kp_decoder_attr_of_id - slow path of looking @id up; its attr's index or -ENOENT */
int kp_decoder_attr_of_id(struct kp_decoder *dec, uint64_t id);

/**
 * kp_record_attr - which attr a record belongs to. Its index, or -ENOENT, -EBADMSG
 */
int kp_record_attr(struct kp_decoder *dec, const struct kp_raw *raw);

/** kp_record_raw - the raw data of a sample. 0, -EBADMSG; *size 0 when the attr asked for none */
int kp_record_raw(const struct kp_decoder *dec, const struct kp_layout *lay,
		  const struct kp_raw *raw, const uint8_t **data, uint32_t *size);

/** kp_event_mode - PERF_RECORD_MISC_CPUMODE_MASK as enum kp_mode */
static inline uint8_t kp_event_mode(uint16_t misc)
{
	static const uint8_t modes[] = {
		[PERF_RECORD_MISC_CPUMODE_UNKNOWN] = KP_MODE_UNKNOWN,
		[PERF_RECORD_MISC_KERNEL] = KP_MODE_HOST_KERNEL,
		[PERF_RECORD_MISC_USER] = KP_MODE_HOST_USER,
		[PERF_RECORD_MISC_HYPERVISOR] = KP_MODE_HYPERVISOR,
		[PERF_RECORD_MISC_GUEST_KERNEL] = KP_MODE_GUEST_KERNEL,
		[PERF_RECORD_MISC_GUEST_USER] = KP_MODE_GUEST_USER,
		[6] = KP_MODE_UNKNOWN,
		[7] = KP_MODE_UNKNOWN,
	};

	_Static_assert(PERF_RECORD_MISC_CPUMODE_MASK == 7, "modes[] covers the mask");
	return modes[misc & PERF_RECORD_MISC_CPUMODE_MASK];
}

#endif
