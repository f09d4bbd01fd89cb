// SPDX-License-Identifier: GPL-2.0-only
/*
 * decoder.c - makes a decoder out of what a source says of itself: the architecture, where each
 * attr's samples keep what, which tracepoint fields go where. Everything by name happens here, once
 * per change of the meta.
 */
#include "ops.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- warnings ---- */

void kp_decoder_warn(struct kp_decoder *dec, const char *fmt, ...)
{
	char *text = NULL;
	unsigned int i;
	va_list ap;
	int n;

	if (dec->nr_warnings == KP_WARNINGS_MAX)
		return;
	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	for (i = 0; i < dec->nr_warnings; i++) {
		if (!strcmp(dec->warnings[i], text)) {
			free(text);
			return;
		}
	}
	dec->warnings[dec->nr_warnings++] = text;
}

const char *kp_decoder_warning(const struct kp_decoder *dec, unsigned int idx)
{
	return idx < dec->nr_warnings ? dec->warnings[idx] : NULL;
}

/* ---- sample layout ---- */

/* The next 8 bytes belong to @bit when the attr has it. */
static uint16_t slot(uint64_t type, uint64_t bit, uint16_t *at)
{
	uint16_t here = *at;

	if (!(type & bit))
		return KP_NO_FIELD;
	*at += 8;
	return here;
}

/* Fields in the order of enum perf_event_type's comment on PERF_RECORD_SAMPLE. */
static void layout_sample(struct kp_layout *lay, uint64_t type)
{
	uint16_t at = sizeof(struct perf_event_header);

	lay->id = slot(type, PERF_SAMPLE_IDENTIFIER, &at);
	lay->ip = slot(type, PERF_SAMPLE_IP, &at);
	lay->tid = slot(type, PERF_SAMPLE_TID, &at);
	lay->time = slot(type, PERF_SAMPLE_TIME, &at);
	slot(type, PERF_SAMPLE_ADDR, &at);
	if (type & PERF_SAMPLE_IDENTIFIER)
		slot(type, PERF_SAMPLE_ID, &at);
	else
		lay->id = slot(type, PERF_SAMPLE_ID, &at);
	slot(type, PERF_SAMPLE_STREAM_ID, &at);
	lay->cpu = slot(type, PERF_SAMPLE_CPU, &at);
	lay->period = slot(type, PERF_SAMPLE_PERIOD, &at);
	lay->fixed_end = at;
	lay->var_before_raw = type & (PERF_SAMPLE_READ | PERF_SAMPLE_CALLCHAIN);
	lay->has_raw = type & PERF_SAMPLE_RAW;
}

/* struct sample_id, counted from the end of the record. */
static void layout_trailer(struct kp_layout *lay, uint64_t type)
{
	uint16_t at = 8;
	uint16_t identifier = slot(type, PERF_SAMPLE_IDENTIFIER, &at), id;

	lay->back_cpu = slot(type, PERF_SAMPLE_CPU, &at);
	slot(type, PERF_SAMPLE_STREAM_ID, &at);
	id = slot(type, PERF_SAMPLE_ID, &at);
	lay->back_id = identifier != KP_NO_FIELD ? identifier : id;
	lay->back_time = slot(type, PERF_SAMPLE_TIME, &at);
	lay->back_tid = slot(type, PERF_SAMPLE_TID, &at);
	lay->trailer = at - 8;
}

static void layout_make(struct kp_layout *lay, const struct perf_event_attr *attr)
{
	*lay = (struct kp_layout){ .sample_type = attr->sample_type,
				   .read_format = attr->read_format,
				   .sample_id_all = attr->sample_id_all };
	layout_sample(lay, attr->sample_type);
	layout_trailer(lay, attr->sample_type);
}

/* ---- tracepoints ---- */

static const struct kp_tp *find_row(const struct kp_tp *tp, const char *system, const char *name)
{
	for (; tp->system; tp++)
		if (!strcmp(tp->name, name) && !strcmp(tp->system, system))
			return tp;
	return NULL;
}

static void resolve_tp(struct kp_decoder *dec, const struct kp_attr *attr, struct kp_attr_dec *a)
{
	const struct kp_tp *row;
	struct tep_event *event;
	const char *system, *name;

	a->prog = (struct kp_tp_prog){ .kind = KP_EV_TRACEPOINT };
	event = kp_tep_event(dec->tep, attr);
	if (!event)
		return;
	kp_tep_event_name(event, &system, &name);
	row = find_row(dec->arch->tps, system, name);
	if (!row)
		row = find_row(kp_arch_common_tps, system, name);
	if (!row)
		return;
	kp_tep_compile(event, row, dec->arch->isa, &a->prog);
	kp_tep_leave_out(&a->prog, dec->left_out[row->kind]);
	if (row->kind == KP_EV_EXIT || row->kind == KP_EV_NESTED_EXIT)
		kp_names_learn(&dec->names, row, dec->arch->isa, event);
}

/* ---- the machine ---- */

/* Recordings without a machine (pipes of old perf): the one whose kvm_exit has such fields. */
static const struct kp_arch *guess_arch(struct kp_decoder *dec)
{
	const struct kp_meta *meta = dec->meta;
	const struct kp_tp *row;
	struct tep_event *event;
	uint32_t n;
	size_t i;

	for (n = 0; dec->tep && n < meta->nr_attrs; n++) {
		event = meta->attrs[n].attr.type == PERF_TYPE_TRACEPOINT
				? kp_tep_event(dec->tep, &meta->attrs[n])
				: NULL;
		for (i = 0; event && kp_archs[i] != &kp_arch_generic; i++)
			for (row = kp_archs[i]->tps; row->system; row++)
				if (row->kind == KP_EV_EXIT && kp_archs[i]->isa != KP_ISA_VMX &&
				    kp_archs[i]->isa != KP_ISA_SVM && kp_tep_matches(event, row))
					return kp_archs[i];
	}
	return &kp_arch_generic;
}

static const struct kp_arch *choose_arch(struct kp_decoder *dec)
{
	const struct kp_arch *arch = kp_arch_find(dec->meta->arch, dec->meta->cpuid);

	if (arch == &kp_arch_generic && !dec->meta->arch)
		return guess_arch(dec);
	return arch;
}

/* ---- catching up with the meta ---- */

static int load_tracing(struct kp_decoder *dec)
{
	const struct kp_meta *meta = dec->meta;
	char err[160];
	int ret;

	if (meta->tracing == dec->tep_data && meta->tracing_size == dec->tep_size)
		return 0;
	kp_tep_free(dec->tep);
	dec->tep = NULL;
	dec->tep_data = meta->tracing;
	dec->tep_size = meta->tracing_size;
	dec->nr_attrs = 0;
	if (!meta->tracing)
		return 0;
	ret = kp_tep_new(meta->tracing, meta->tracing_size, &dec->tep, err, sizeof(err));
	if (ret == -EBADMSG)
		kp_decoder_warn(dec,
				"tracepoint formats: %s; events of formats behind that have no "
				"fields",
				err);
	return ret;
}

static int add_ids(struct kp_decoder *dec, const struct kp_attr *attr, uint32_t idx)
{
	uint32_t i;
	int err;

	for (i = 0; i < attr->nr_ids; i++) {
		err = kp_hash_put(&dec->ids, attr->ids[i], idx);
		if (err)
			return err;
	}
	return 0;
}

static enum kp_plain which_plain(const struct kp_decoder *dec, const struct kp_attr_dec *a)
{
	const struct kp_layout *lay = &a->layout;

	if (!a->is_tp || !a->prog.nr || a->prog.text.valid || dec->swapped ||
	    lay->tid == KP_NO_FIELD || lay->time == KP_NO_FIELD || lay->cpu == KP_NO_FIELD ||
	    (lay->period == KP_NO_FIELD && !a->has_period) || !lay->has_raw || lay->var_before_raw)
		return KP_PLAIN_NOT;
	if (kp_same_places(lay, &kp_plain_layouts[KP_PLAIN_PERF]))
		return KP_PLAIN_PERF;
	return kp_same_places(lay, &kp_plain_layouts[KP_PLAIN_OWN]) ? KP_PLAIN_OWN : KP_PLAIN_OTHER;
}

static void find_plain(const struct kp_decoder *dec, struct kp_attr_dec *a)
{
	a->plain = which_plain(dec, a);
	a->shaped = (struct kp_shaped){
		.base = { .valid = KP_HAS_TIME | KP_HAS_ATTR | KP_HAS_TID | KP_HAS_CPU |
				   KP_HAS_PERIOD | a->prog.valid,
			  .period = a->layout.period == KP_NO_FIELD ? a->period : 0,
			  .kind = a->prog.kind,
			  .attr = a->index,
			  .isa = a->prog.isa },
		.min = a->layout.fixed_end + (uint32_t)sizeof(uint32_t) + a->prog.raw_min,
		.raw_min = a->prog.raw_min,
		.fixup = a->prog.fixup,
	};
	a->shaped.shape = kp_tp_shape(&a->prog, a->shaped.at);
}

static int resolve_attr(struct kp_decoder *dec, uint32_t idx)
{
	const struct kp_attr *attr = &dec->meta->attrs[idx];
	struct kp_attr_dec *a = &dec->attrs[idx];

	*a = (struct kp_attr_dec){ .is_tp = attr->attr.type == PERF_TYPE_TRACEPOINT,
				   .index = (uint16_t)idx,
				   .has_period = !attr->attr.freq,
				   .period = attr->attr.sample_period };
	layout_make(&a->layout, &attr->attr);
	if (a->is_tp)
		resolve_tp(dec, attr, a);
	a->is_batch = kp_swbatch_is(attr);
	dec->has_kvm_exits |= a->is_tp && a->prog.kind == KP_EV_EXIT;
	find_plain(dec, a);
	return add_ids(dec, attr, idx);
}

/* As perf does, the first attr says where ids are, because without the id no attr is known. */
static void find_ids(struct kp_decoder *dec)
{
	const struct kp_layout *first = &dec->attrs[0].layout;
	uint32_t i;

	dec->id_offset = first->id;
	dec->id_back = first->sample_id_all ? first->back_id : KP_NO_FIELD;
	for (i = 1; i < dec->nr_attrs; i++)
		if (dec->attrs[i].layout.id != first->id)
			kp_decoder_warn(dec, "events differ in where their samples keep the event "
					     "id: samples may be taken for another event's");
}

/* Nearly always all plain samples of a recording are laid out alike. */
static void find_stretch(struct kp_decoder *dec)
{
	const struct kp_attr_dec *a;

	dec->stretch = KP_PLAIN_NOT;
	for (a = dec->attrs; a < dec->attrs + dec->nr_attrs && !dec->stretch; a++) {
		dec->stretch = a->plain;
		dec->stretch_layout = a->layout;
	}
}

static int resolve_attrs(struct kp_decoder *dec, uint32_t from)
{
	uint32_t i, nr = dec->meta->nr_attrs;
	struct kp_attr_dec *attrs;
	int err;

	if (nr > UINT16_MAX) {
		kp_decoder_warn(dec, "%u events: only the first %u are read", nr, UINT16_MAX);
		nr = UINT16_MAX;
	}
	if (nr > dec->cap_attrs) {
		uint32_t cap = nr > dec->cap_attrs * 2 ? nr : dec->cap_attrs * 2;

		attrs = realloc(dec->attrs, cap * sizeof(*attrs));
		if (!attrs)
			return -ENOMEM;
		dec->attrs = attrs;
		dec->cap_attrs = cap;
	}
	for (i = from; i < nr; i++) {
		err = resolve_attr(dec, i);
		if (err)
			return err;
	}
	dec->nr_attrs = nr;
	memset(dec->recent, 0, sizeof(dec->recent));
	if (nr)
		find_ids(dec);
	find_stretch(dec);
	return 0;
}

static void warn_formats(struct kp_decoder *dec)
{
	unsigned int bad = dec->tep ? kp_tep_bad_formats(dec->tep) : 0;

	if (bad)
		kp_decoder_warn(dec,
				"%u tracepoint formats cannot be parsed: events of these "
				"tracepoints have no fields",
				bad);
}

/* Not before a sample: in a pipe formats may come after the attrs. */
void kp_decoder_tell_no_formats(struct kp_decoder *dec)
{
	dec->told_no_formats = true;
	kp_decoder_warn(dec, "the recording has tracepoints but not their formats: these events "
			     "have no fields");
}

int kp_decoder_resolve(struct kp_decoder *dec)
{
	const struct kp_arch *arch;
	int ret, err;

	dec->generation = dec->meta->generation;
	dec->swapped = dec->meta->swapped;
	ret = load_tracing(dec);
	if (ret == -ENOMEM)
		return ret;
	arch = choose_arch(dec);
	if (arch != dec->arch)
		dec->nr_attrs = 0; /* whose rows say what fields mean */
	dec->arch = arch;
	/* Attrs only ever come: those resolved before stay as they are. */
	if (dec->nr_attrs > dec->meta->nr_attrs)
		dec->nr_attrs = 0;
	if (!dec->nr_attrs)
		kp_hash_free(&dec->ids);
	err = resolve_attrs(dec, dec->nr_attrs);
	if (err)
		return err;
	warn_formats(dec);
	return ret;
}

/* ---- outside ---- */

void kp_decoder_leave_out(struct kp_decoder *dec, enum kp_kind kind, uint32_t fields)
{
	struct kp_attr_dec *a;

	dec->left_out[kind] |= fields;
	for (a = dec->attrs; a < dec->attrs + dec->nr_attrs; a++) {
		if (!a->is_tp || a->prog.kind != kind)
			continue;
		kp_tep_leave_out(&a->prog, dec->left_out[kind]);
		find_plain(dec, a);
	}
}

int kp_decoder_new(const struct kp_meta *meta, struct kp_decoder **out)
{
	struct kp_decoder *dec;
	int err;

	*out = NULL;
	dec = calloc(1, sizeof(*dec));
	if (!dec)
		return -ENOMEM;
	dec->meta = meta;
	dec->arch = &kp_arch_generic;
	dec->id_offset = dec->id_back = KP_NO_FIELD;
	kp_names_init(&dec->names);
	err = kp_decoder_resolve(dec);
	if (err == -ENOMEM) {
		kp_decoder_free(dec);
		return err;
	}
	*out = dec;
	return err;
}

void kp_decoder_free(struct kp_decoder *dec)
{
	unsigned int i;

	if (!dec)
		return;
	for (i = 0; i < dec->nr_warnings; i++)
		free(dec->warnings[i]);
	kp_names_free(&dec->names);
	kp_side_free(&dec->side);
	kp_tep_free(dec->tep);
	kp_hash_free(&dec->ids);
	free(dec->attrs);
	free(dec);
}

const struct kp_arch *kp_decoder_arch(const struct kp_decoder *dec)
{
	return dec->arch;
}

const struct kp_side *kp_decoder_side(const struct kp_decoder *dec, uint64_t id)
{
	return kp_side_get(&dec->side, id);
}

const char *kp_decoder_exit_name(struct kp_decoder *dec, uint8_t isa, uint32_t code)
{
	const char *name = dec->arch->exit_name(isa, code);

	return name ? name : kp_names_get(&dec->names, isa, code);
}
