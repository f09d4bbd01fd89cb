// SPDX-License-Identifier: GPL-2.0-only
/*
 * frame.c - making and freeing what one tick shows. Touches only memory.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/str.h"
#include "ui.h"

struct kp_frame *kp_frame_new(void)
{
	struct kp_frame *f = calloc(1, sizeof(*f));

	if (f)
		f->host_vms = -1;
	return f;
}

void kp_frame_free(struct kp_frame *f)
{
	struct kp_frame_note *note;

	if (!f)
		return;
	kp_vec_for_each (note, &f->notes)
		free(note->text);
	kp_vec_free(&f->notes);
	free(f->cpus);
	free(f->vcpus);
	free(f->exits_by);
	free(f->buckets);
	free(f->counters);
	free(f->pmis_by);
	free(f->irqs);
	free(f->events_open);
	free(f);
}

void kp_frame_note(struct kp_frame *f, enum kp_note_kind kind, const char *about, const char *fmt,
		   ...)
{
	struct kp_frame_note note = { .kind = kind };
	va_list ap;
	int ret;

	kp_str_copy(note.about, sizeof(note.about), about);
	va_start(ap, fmt);
	ret = vasprintf(&note.text, fmt, ap);
	va_end(ap);
	if (ret >= 0 && kp_vec_push(&f->notes, note))
		free(note.text);
}
