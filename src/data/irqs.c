// SPDX-License-Identifier: GPL-2.0-only
/*
 * irqs.c - totals of /proc/interrupts as a record, and back: "kvmpmu:irqs NMI=12,34 VPMI=5,25",
 * begin and end of each line. Touches only memory.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "data/writer.h"
#include "data/meta.h"

#define PREFIX "kvmpmu:irqs"

static const char *const lines[KP_IRQ_LINES] = {
	[KP_IRQ_NMI] = "NMI",
	[KP_IRQ_PMI] = "PMI",
	[KP_IRQ_VPMI] = "VPMI",
};

static int encode(const struct kp_meta *meta, struct kp_buf *out)
{
	int err = kp_buf_printf(out, PREFIX);
	size_t i;

	for (i = 0; i < KP_IRQ_LINES && !err; i++)
		if (meta->irqs[i].known)
			err = kp_buf_printf(out, " %s=%" PRIu64 ",%" PRIu64, lines[i],
					    meta->irqs[i].begin, meta->irqs[i].end);
	return err;
}

static bool any_known(const struct kp_meta *meta)
{
	size_t i;

	for (i = 0; i < KP_IRQ_LINES; i++)
		if (meta->irqs[i].known)
			return true;
	return false;
}

static const struct kp_attr *attr_with_id(const struct kp_meta *meta)
{
	uint32_t i;

	for (i = 0; i < meta->nr_attrs; i++)
		if (meta->attrs[i].nr_ids)
			return &meta->attrs[i];
	return NULL;
}

int kp_writer_irqs(struct kp_writer *w)
{
	const struct kp_attr *attr = attr_with_id(w->meta);
	static const char zeros[sizeof(uint64_t)];
	struct {
		struct perf_event_header h;
		uint64_t type, id;
	} head = { .h = { .type = KP_RECORD_EVENT_UPDATE }, .type = KP_EVENT_UPDATE_UNIT };
	struct kp_buf text = { 0 }, out = { 0 };
	int err;

	if (!attr || !any_known(w->meta))
		return 0;
	head.id = attr->ids[0];
	err = encode(w->meta, &text);
	if (!err) {
		head.h.size = (uint16_t)(sizeof(head) + (text.len / 8 + 1) * 8);
		err = kp_buf_add(&out, &head, sizeof(head)) ?:
		      kp_buf_add(&out, text.data, text.len) ?:
		      kp_buf_add(&out, zeros, head.h.size - out.len);
	}
	if (!err)
		err = kp_writer_put(w, out.data, out.len);
	kp_buf_free(&text);
	kp_buf_free(&out);
	return err;
}

/* " NAME=BEGIN,END"; what is not understood ends it. */
static const char *decode_line(struct kp_meta *meta, const char *p)
{
	size_t len = strcspn(p, "="), i;
	struct kp_irq_total t = { .known = true };
	char *end;

	for (i = 0; i < KP_IRQ_LINES; i++)
		if (strlen(lines[i]) == len && !strncmp(p, lines[i], len))
			break;
	if (p[len] != '=')
		return NULL;
	t.begin = strtoull(p + len + 1, &end, 10);
	if (*end != ',')
		return NULL;
	t.end = strtoull(end + 1, &end, 10);
	if (i < KP_IRQ_LINES && t.end >= t.begin)
		meta->irqs[i] = t;
	return *end == ' ' ? end + 1 : NULL;
}

void kp_meta_set_irqs(struct kp_meta *meta, const char *unit)
{
	const char *p = unit;

	if (strncmp(p, PREFIX " ", strlen(PREFIX " ")))
		return;
	for (p += strlen(PREFIX " "); p;)
		p = decode_line(meta, p);
}
