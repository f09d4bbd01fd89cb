// SPDX-License-Identifier: GPL-2.0-only
/*
 * tep.c - HEADER_TRACING_DATA: walks the container, hands the formats that are asked for to
 * libtraceevent, and binds the fields that a table names to offsets. libtraceevent trusts its
 * input, so nothing reaches it that tep_check.c has not looked at.
 *
 * The container is trace-cmd's, as tools/perf/util/trace-event-info.c writes it.
 */
#include "tep.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- the container ---- */

#define FORMAT_HEAD_BYTES 512
#define FORMATS_MAX	  65536
#define PARSED_MAX	  8192

/* struct walk - reading position in the tracing data; @bad is set once something does not fit */
struct walk {
	const uint8_t *data;
	size_t size, at;
	bool swapped, no_memory;
	const char *bad;
};

static const uint8_t *take(struct walk *w, uint64_t bytes, const char *what)
{
	const uint8_t *p = w->data + w->at;

	if (w->bad)
		return NULL;
	if (bytes > w->size - w->at) {
		w->bad = what;
		return NULL;
	}
	w->at += bytes;
	return p;
}

static uint32_t take_u32(struct walk *w, const char *what)
{
	const uint8_t *p = take(w, 4, what);

	return p ? kp_read_u32(p, w->swapped) : 0;
}

static uint64_t take_u64(struct walk *w, const char *what)
{
	const uint8_t *p = take(w, 8, what);

	return p ? kp_read_u64(p, w->swapped) : 0;
}

static const char *take_str(struct walk *w, const char *what)
{
	const uint8_t *p = w->data + w->at, *end;

	if (w->bad)
		return NULL;
	end = memchr(p, 0, w->size - w->at);
	if (!end) {
		w->bad = what;
		return NULL;
	}
	w->at += (size_t)(end - p) + 1;
	return (const char *)p;
}

/* ---- what is in it ---- */

/* The number behind "ID:", which stands in the second line; false: there is none. */
static bool format_id(const uint8_t *text, uint64_t size, uint64_t *id)
{
	const uint8_t *end = text + kp_min_u64(size, FORMAT_HEAD_BYTES);
	const uint8_t *at = memmem(text, (size_t)(end - text), "\nID:", 4);
	bool digits = false;

	for (at = at ? at + 4 : end; at < end && *at == ' '; at++)
		;
	for (*id = 0; at < end && *at >= '0' && *at <= '9' && *id <= INT32_MAX; at++) {
		*id = *id * 10 + (*at - '0');
		digits = true;
	}
	return digits && *id <= INT32_MAX;
}

/* Only noted: a format is parsed when an attr asks for it. */
static int note_format(struct kp_tep *tep, const uint8_t *text, uint64_t size, const char *sys)
{
	const struct kp_tep_format f = { .text = text, .size = (uint32_t)size, .system = sys };
	uint64_t id;
	int err;

	if (size > UINT32_MAX || tep->formats.nr >= FORMATS_MAX || !format_id(text, size, &id)) {
		tep->bad_formats++;
		return 0;
	}
	if (kp_hash_get(&tep->by_id, id))
		return 0;
	err = kp_hash_put(&tep->by_id, id, tep->formats.nr);
	return err ? err : kp_vec_push(&tep->formats, f);
}

static void walk_header(struct kp_tep *tep, struct walk *w)
{
	static const char magic[] = "\027\010\104tracing";
	const uint8_t *p;

	p = take(w, sizeof(magic) - 1, "signature");
	if (p && memcmp(p, magic, sizeof(magic) - 1))
		w->bad = "signature";
	take_str(w, "version");
	p = take(w, 2, "byte order and size of long");
	if (!p)
		return;
	w->swapped = !!p[0] != (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
	tep_set_file_bigendian(tep->handle, p[0] ? TEP_BIG_ENDIAN : TEP_LITTLE_ENDIAN);
	tep_set_long_size(tep->handle, p[1] == 4 ? 4 : 8);
	tep->long_size = p[1] == 4 ? 4 : 8;
	tep->swapped = w->swapped;
	take_u32(w, "page size");
}

/* header_page and header_event describe the ring buffer, which perf does not record. */
static void walk_header_file(struct walk *w, const char *name)
{
	const uint8_t *p = take(w, strlen(name) + 1, name);

	if (p && memcmp(p, name, strlen(name) + 1))
		w->bad = name;
	take(w, take_u64(w, name), name);
}

static void walk_formats(struct kp_tep *tep, struct walk *w, const char *sys, const char *what)
{
	uint32_t i, nr = take_u32(w, what);
	const uint8_t *text;
	uint64_t size;

	for (i = 0; i < nr && !w->bad; i++) {
		size = take_u64(w, what);
		text = take(w, size, what);
		if (text && note_format(tep, text, size, sys))
			w->no_memory = true;
	}
}

static void walk_events(struct kp_tep *tep, struct walk *w)
{
	uint32_t i, nr = take_u32(w, "number of systems");
	const char *sys;

	for (i = 0; i < nr && !w->bad; i++) {
		sys = take_str(w, "system name");
		if (sys && (!sys[0] || strlen(sys) > KP_TEP_NAME_MAX))
			w->bad = "system name";
		walk_formats(tep, w, sys, "event format");
	}
}

static int walk_all(struct kp_tep *tep, struct walk *w)
{
	walk_header(tep, w);
	walk_header_file(w, "header_page");
	walk_header_file(w, "header_event");
	walk_formats(tep, w, "ftrace", "ftrace format");
	walk_events(tep, w);
	/*
	 * kallsyms, printk formats and command lines follow: of no use for the fields of an event
	 */
	if (w->no_memory)
		return -ENOMEM;
	return w->bad ? -EBADMSG : 0;
}

int kp_tep_new(const void *data, size_t size, struct kp_tep **out, char *err, size_t err_size)
{
	struct walk w = { .data = data, .size = size };
	struct kp_tep *tep = calloc(1, sizeof(*tep));
	int ret;

	*out = NULL;
	if (!tep)
		return -ENOMEM;
	tep_set_loglevel(TEP_LOG_NONE);
	tep->handle = tep_alloc();
	if (!tep->handle) {
		free(tep);
		return -ENOMEM;
	}
	tep_set_local_bigendian(tep->handle, __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
						     ? TEP_BIG_ENDIAN
						     : TEP_LITTLE_ENDIAN);
	ret = walk_all(tep, &w);
	if (ret == -ENOMEM) {
		kp_tep_free(tep);
		return ret;
	}
	if (ret)
		snprintf(err, err_size, "damaged at byte %zu of %zu (%s)", w.at, w.size, w.bad);
	*out = tep;
	return ret;
}

void kp_tep_free(struct kp_tep *tep)
{
	if (!tep)
		return;
	tep_free(tep->handle);
	kp_hash_free(&tep->verdicts);
	kp_hash_free(&tep->by_id);
	kp_vec_free(&tep->formats);
	free(tep->pad);
	free(tep);
}

unsigned int kp_tep_bad_formats(const struct kp_tep *tep)
{
	return tep->bad_formats;
}

/* ---- binding fields ---- */

static struct tep_event *find_event(struct kp_tep *tep, const struct kp_attr *attr)
{
	struct tep_event *event = NULL;

	if (attr->attr.config <= INT32_MAX)
		event = tep_find_event(tep->handle, (int)attr->attr.config);
	if (!event && attr->system && attr->event)
		event = tep_find_event_by_name(tep->handle, attr->system, attr->event);
	return event;
}

/* Does the first line say "name: NAME"? */
static bool format_named(const struct kp_tep_format *f, const char *name)
{
	static const char key[] = "name: ";
	const size_t at = sizeof(key) - 1, len = strlen(name);

	return f->size > at + len && !memcmp(f->text, key, at) &&
	       !memcmp(f->text + at, name, len) && f->text[at + len] == '\n';
}

static struct kp_tep_format *find_format(struct kp_tep *tep, const struct kp_attr *attr)
{
	const uint64_t *idx = kp_hash_get(&tep->by_id, attr->attr.config);
	struct kp_tep_format *f;

	if (idx)
		return &tep->formats.at[*idx];
	if (!attr->system || !attr->event)
		return NULL;
	kp_vec_for_each (f, &tep->formats)
		if (!strcmp(f->system, attr->system) && format_named(f, attr->event))
			return f;
	return NULL;
}

/* libtraceevent keeps an event whose fields it could not parse, and says nothing. */
static bool parse_format(struct kp_tep *tep, const struct kp_tep_format *f, uint64_t id)
{
	const struct tep_event *event;
	bool whole = false, good;
	char *clean;
	size_t len;

	clean = kp_tep_clean(f->text, f->size, &len, &whole);
	good = clean && !tep_parse_event(tep->handle, clean, len, f->system) && whole;
	free(clean);
	event = good && id <= INT32_MAX ? tep_find_event(tep->handle, (int)id) : NULL;
	return good && !(event && !event->format.nr_common && !event->format.nr_fields);
}

struct tep_event *kp_tep_event(struct kp_tep *tep, const struct kp_attr *attr)
{
	struct kp_tep_format *f;
	struct tep_event *event;

	if (!tep)
		return NULL;
	event = find_event(tep, attr);
	if (event)
		return event;
	f = find_format(tep, attr);
	if (!f || f->parsed)
		return NULL;
	f->parsed = true;
	if (++tep->nr_parsed > PARSED_MAX || !parse_format(tep, f, attr->attr.config))
		tep->bad_formats++;
	return find_event(tep, attr);
}

void kp_tep_event_name(const struct tep_event *event, const char **system, const char **name)
{
	*system = event->system ? event->system : "";
	*name = event->name ? event->name : "";
}

static const struct tep_format_field *find_field(const struct tep_event *event, const char *name)
{
	const struct tep_format_field *f;

	if (!name)
		return NULL;
	for (f = event->format.fields; f; f = f->next)
		if (!strcmp(f->name, name))
			return f;
	return NULL;
}

/* A number that lies within the largest raw data there can be. */
static bool field_usable(const struct tep_format_field *f)
{
	return f && (f->size == 1 || f->size == 2 || f->size == 4 || f->size == 8) &&
	       f->offset >= 0 && f->offset <= UINT16_MAX - 8 &&
	       !(f->flags & (TEP_FIELD_IS_ARRAY | TEP_FIELD_IS_DYNAMIC));
}

static const struct tep_format_field *row_field(const struct tep_event *event,
						const struct kp_tp_field *field)
{
	const struct tep_format_field *f = find_field(event, field->name);

	if (!field_usable(f))
		f = find_field(event, field->alt);
	return field_usable(f) ? f : NULL;
}

/* A string's place is a number of 32 bits, whatever the string. */
static const struct tep_format_field *text_field(const struct tep_event *event,
						 const struct kp_tp_field *field)
{
	const unsigned long want = TEP_FIELD_IS_DYNAMIC | TEP_FIELD_IS_STRING;
	const struct tep_format_field *f = find_field(event, field->name);

	return f && (f->flags & want) == want && f->size == 4 && f->offset >= 0 &&
			       f->offset <= UINT16_MAX - 8
		       ? f
		       : NULL;
}

static struct kp_tp_text make_text(const struct tep_format_field *f,
				   const struct kp_tp_field *field)
{
	return (struct kp_tp_text){
		.src = (uint16_t)f->offset,
		.relative = f->flags & TEP_FIELD_IS_RELATIVE,
		.dst = (uint8_t)field->dst,
		.valid = field->valid,
	};
}

static struct kp_tp_op make_op(const struct tep_format_field *f, const struct kp_tp_field *field)
{
	/* what does not fit is cut off, but of 16 bits that is told (enum kp_tp_form) */
	int bytes = f->size > (int)field->dst_size && field->dst_size != 2 ? (int)field->dst_size
									   : f->size;

	return (struct kp_tp_op){
		.src = (uint16_t)f->offset,
		.size = (uint8_t)f->size,
		.is_signed = f->flags & TEP_FIELD_IS_SIGNED,
		.shift = (uint8_t)(64 - 8 * bytes),
		.back = f->offset + bytes - 8,
		.dst = (uint8_t)field->dst,
		.dst_size = (uint8_t)field->dst_size,
		.valid = field->valid,
	};
}

static enum kp_tp_form op_form(const struct kp_tp_op *op)
{
	if (op->is_signed && op->size < op->dst_size)
		return KP_FORM_ANY;
	if (op->dst_size == 2)
		return KP_FORM_U16;
	/* eight bytes from there must lie within the event */
	return op->dst <= sizeof(struct kp_event) - 8 ? KP_FORM_PLAIN : KP_FORM_ANY;
}

static int by_form(const void *a, const void *b)
{
	const struct kp_tp_op *x = a, *y = b;
	int form = (int)op_form(x) - (int)op_form(y);

	if (!form)
		form = (int)x->dst - (int)y->dst;
	return form ? form : (int)x->src - (int)y->src;
}

static void sort_ops(struct kp_tp_prog *prog)
{
	uint8_t i;

	qsort(prog->ops, prog->nr, sizeof(*prog->ops), by_form);
	memset(prog->end, 0, sizeof(prog->end));
	prog->valid = prog->isa ? KP_HAS_ISA : 0;
	for (i = 0; i < prog->nr; i++) {
		prog->end[op_form(&prog->ops[i])] = i + 1;
		prog->valid |= prog->ops[i].valid;
	}
	/* forms that have no op end where the one before them does */
	for (i = 1; i < KP_FORMS; i++)
		if (prog->end[i] < prog->end[i - 1])
			prog->end[i] = prog->end[i - 1];
}

void kp_tep_compile(const struct tep_event *event, const struct kp_tp *tp, uint8_t isa,
		    struct kp_tp_prog *prog)
{
	const struct tep_format_field *f;
	size_t i;

	*prog = (struct kp_tp_prog){ .kind = tp->kind, .fixup = tp->fixup };
	if (tp->kind == KP_EV_EXIT || tp->kind == KP_EV_NESTED_EXIT || tp->kind == KP_EV_NESTED_INJ)
		prog->isa = isa;
	for (i = 0; i < KP_TP_FIELDS_MAX && tp->fields[i].name; i++) {
		f = tp->fields[i].is_text ? text_field(event, &tp->fields[i])
					  : row_field(event, &tp->fields[i]);
		if (!f)
			continue;
		if (tp->fields[i].is_text)
			prog->text = make_text(f, &tp->fields[i]);
		else
			prog->ops[prog->nr++] = make_op(f, &tp->fields[i]);
		if ((uint32_t)(f->offset + f->size) > prog->raw_min)
			prog->raw_min = (uint32_t)(f->offset + f->size);
	}
	if (!prog->nr && tp->fields[0].name)
		*prog = (struct kp_tp_prog){ .kind = KP_EV_TRACEPOINT };
	sort_ops(prog);
}

void kp_tep_leave_out(struct kp_tp_prog *prog, uint32_t fields)
{
	uint8_t i, n = 0;

	for (i = 0; i < prog->nr; i++)
		if (!prog->ops[i].valid || (prog->ops[i].valid & ~fields))
			prog->ops[n++] = prog->ops[i];
	/* none at all means that the sample is not looked at, however short */
	if (!n)
		return;
	prog->nr = n;
	sort_ops(prog);
}

bool kp_tep_matches(const struct tep_event *event, const struct kp_tp *row)
{
	const uint32_t telling = KP_HAS_CODE | KP_HAS_IP;
	size_t i;

	if (strcmp(event->name, row->name) || strcmp(event->system, row->system))
		return false;
	for (i = 0; i < KP_TP_FIELDS_MAX && row->fields[i].name; i++)
		if ((row->fields[i].valid & telling) && !row_field(event, &row->fields[i]))
			return false;
	return true;
}
