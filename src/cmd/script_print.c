// SPDX-License-Identifier: GPL-2.0-only
/*
 * script_print.c - one event as a line of text, laid out as perf script does, or as a JSON object.
 */
#include "script.h"

#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "arch.h"

static const char *const modes[] = {
	[KP_MODE_UNKNOWN] = NULL,
	[KP_MODE_HOST_KERNEL] = "kernel",
	[KP_MODE_HOST_USER] = "user",
	[KP_MODE_HYPERVISOR] = "hypervisor",
	[KP_MODE_GUEST_KERNEL] = "guest.kernel",
	[KP_MODE_GUEST_USER] = "guest.user",
};

static const struct kp_attr *attr_of(const struct kp_script *s, const struct kp_event *ev)
{
	if (!(ev->valid & KP_HAS_ATTR) || ev->attr >= s->src->meta.nr_attrs)
		return NULL;
	return &s->src->meta.attrs[ev->attr];
}

static bool is_side_band(const struct kp_event *ev)
{
	return ev->kind == KP_EV_TASK || ev->kind == KP_EV_LOST || ev->kind == KP_EV_LOST_SAMPLES ||
	       ev->kind == KP_EV_THROTTLE;
}

static const char *comm_of(struct kp_script *s, const struct kp_event *ev, char *buf, size_t size)
{
	const char *comm = ev->valid & KP_HAS_TID ? kp_tasks_comm(&s->tasks, ev->tid) : NULL;

	if (comm)
		return comm;
	if (!(ev->valid & KP_HAS_TID))
		return NULL;
	if (!ev->tid)
		return "swapper";
	snprintf(buf, size, ":%" PRId32, (int32_t)ev->tid);
	return buf;
}

/* ---- text ---- */

static void put_name(FILE *f, int width, const char *s)
{
	char clean[64];
	size_t i;

	for (i = 0; s[i] && i < sizeof(clean) - 1; i++)
		clean[i] = (unsigned char)s[i] < ' ' || s[i] == 0x7f ? '?' : s[i];
	clean[i] = '\0';
	fprintf(f, "%*s", width, clean);
}

static void text_task(struct kp_script *s, const struct kp_event *ev, uint32_t show, FILE *f)
{
	char buf[16];
	const char *comm = comm_of(s, ev, buf, sizeof(buf));

	if (show & KP_BIT(KP_SCRIPT_COMM)) {
		put_name(f, 16, comm ? comm : "-");
		fputc(' ', f);
	}
	if (!(show & (KP_BIT(KP_SCRIPT_PID) | KP_BIT(KP_SCRIPT_TID))))
		return;
	if (!(ev->valid & KP_HAS_TID))
		fputs("      - ", f);
	else if ((show & KP_BIT(KP_SCRIPT_PID)) && (show & KP_BIT(KP_SCRIPT_TID)))
		fprintf(f, "%7" PRId32 "/%-7" PRId32 " ", (int32_t)ev->pid, (int32_t)ev->tid);
	else
		fprintf(f, "%7" PRId32 " ",
			(int32_t)(show & KP_BIT(KP_SCRIPT_PID) ? ev->pid : ev->tid));
}

static void text_place(struct kp_script *s, const struct kp_event *ev, uint32_t show, FILE *f)
{
	uint32_t vcpu;

	if (show & KP_BIT(KP_SCRIPT_CPU)) {
		if (ev->valid & KP_HAS_CPU)
			fprintf(f, "[%03" PRIu32 "] ", ev->cpu);
		else
			fputs("[  -] ", f);
	}
	if (show & KP_BIT(KP_SCRIPT_VCPU)) {
		if (kp_script_vcpu(s, ev, &vcpu))
			fprintf(f, "vcpu %3" PRIu32 " ", vcpu);
		else
			fputs("vcpu   - ", f);
	}
}

static void text_time(const struct kp_script *s, const struct kp_event *ev, FILE *f)
{
	const uint64_t sec = ev->time_ns / KP_NSEC_PER_SEC, ns = ev->time_ns % KP_NSEC_PER_SEC;

	if (!(ev->valid & KP_HAS_TIME))
		fprintf(f, "%*s: ", s->ns ? 15 : 12, "-");
	else if (s->ns)
		fprintf(f, "%5" PRIu64 ".%09" PRIu64 ": ", sec, ns);
	else
		fprintf(f, "%5" PRIu64 ".%06" PRIu64 ": ", sec, ns / 1000);
}

static int name_width(struct kp_script *s)
{
	const struct kp_meta *meta = &s->src->meta;
	size_t len;
	uint32_t i;

	/* a pipe's events come while it is read */
	if (s->name_width && !meta->pipe)
		return s->name_width;
	for (i = 0; i < meta->nr_attrs; i++) {
		len = strlen(meta->attrs[i].name);
		if (len > (size_t)s->name_width && len < 64)
			s->name_width = (int)len;
	}
	return s->name_width;
}

static uint32_t default_fields(const struct kp_event *ev)
{
	uint32_t show = KP_BIT(KP_SCRIPT_COMM) | KP_BIT(KP_SCRIPT_TID) | KP_BIT(KP_SCRIPT_CPU) |
			KP_BIT(KP_SCRIPT_TIME) | KP_BIT(KP_SCRIPT_EVENT) | KP_BIT(KP_SCRIPT_TRACE);

	if (ev->kind == KP_EV_SAMPLE)
		show |= KP_BIT(KP_SCRIPT_PERIOD) | KP_BIT(KP_SCRIPT_IP);
	return show;
}

static void text_event(struct kp_script *s, const struct kp_raw *raw, const struct kp_event *ev,
		       uint32_t show, FILE *f)
{
	const struct kp_attr *attr = attr_of(s, ev);

	if (show & KP_BIT(KP_SCRIPT_PERIOD)) {
		if (ev->valid & KP_HAS_PERIOD)
			fprintf(f, "%10" PRIu64 " ", ev->period);
		else
			fprintf(f, "%10s ", "-");
	}
	if (show & KP_BIT(KP_SCRIPT_EVENT)) {
		put_name(f, name_width(s), attr ? attr->name : "-");
		fputs(": ", f);
	}
	if (ev->kind == KP_EV_SAMPLE) {
		if ((show & KP_BIT(KP_SCRIPT_IP)) && (ev->valid & KP_HAS_IP))
			fprintf(f, "%16" PRIx64 " [%s]", ev->ip,
				modes[ev->mode] ? modes[ev->mode] : "-");
	} else if ((show & KP_BIT(KP_SCRIPT_TRACE)) && raw) {
		kp_decode_print(s->dec, raw, ev, f);
	}
}

static void text_line(struct kp_script *s, const struct kp_raw *raw, const struct kp_event *ev,
		      FILE *f)
{
	static const struct kp_raw none;
	const uint32_t show = s->fields ? s->fields : default_fields(ev);

	text_task(s, ev, show, f);
	text_place(s, ev, show, f);
	if (show & KP_BIT(KP_SCRIPT_TIME))
		text_time(s, ev, f);
	if (is_side_band(ev))
		kp_decode_print(s->dec, &none, ev, f);
	else
		text_event(s, raw, ev, show, f);
	fputc('\n', f);
}

/* ---- JSON ---- */

/* Names come from anywhere, JSON wants UTF-8. */
static json_t *json_text(const char *s, size_t len)
{
	json_t *j = json_stringn(s, len);
	char *copy;
	size_t i;

	if (j)
		return j;
	copy = strndup(s, len);
	if (!copy)
		return NULL;
	for (i = 0; copy[i]; i++)
		if ((unsigned char)copy[i] >= 0x80)
			copy[i] = '?';
	j = json_string(copy);
	free(copy);
	return j;
}

static json_t *json_name(const char *s)
{
	return s ? json_text(s, strlen(s)) : json_null();
}

static json_t *json_hex(uint64_t v)
{
	char buf[24];

	snprintf(buf, sizeof(buf), "0x%" PRIx64, v);
	return json_string(buf);
}

static json_t *json_number(bool known, uint64_t v)
{
	return known ? json_integer((json_int_t)v) : json_null();
}

/* 64 unsigned bits do not fit into what JSON readers take for a number: a string in hexadecimal. */
static json_t *json_field(const struct kp_field *field)
{
	char hex[2 * 256 + 1];
	size_t i;

	switch (field->type) {
	case KP_FIELD_UNSIGNED:
		return field->size == 8 ? json_hex(field->number)
					: json_integer((json_int_t)field->number);
	case KP_FIELD_SIGNED:
		return json_integer((json_int_t)field->number);
	case KP_FIELD_STRING:
		return json_text((const char *)field->bytes, field->size);
	case KP_FIELD_BYTES:
		for (i = 0; i < field->size && i < 256; i++)
			snprintf(hex + 2 * i, 3, "%02x", field->bytes[i]);
		return json_stringn(hex, 2 * i);
	default:
		return json_null();
	}
}

static void add_field(void *ctx, const struct kp_field *field)
{
	json_t *value = json_field(field);

	json_object_set_new(ctx, field->name, value ? value : json_null());
}

static json_t *reason_of(struct kp_script *s, const struct kp_event *ev)
{
	const char *name;

	if (!(ev->valid & KP_HAS_CODE))
		return NULL;
	switch (ev->kind) {
	case KP_EV_EXIT:
	case KP_EV_NESTED_EXIT:
	case KP_EV_NESTED_INJ:
		return json_name(kp_decoder_exit_name(s->dec, ev->isa, ev->code));
	case KP_EV_USER_EXIT:
		name = kp_user_exit_name(ev->code);
		return name ? json_name(name) : json_integer(ev->code);
	default:
		return NULL;
	}
}

/* What the number in the event is called, for those that name a register */
static json_t *register_of(struct kp_script *s, const struct kp_event *ev)
{
	const struct kp_arch *arch = kp_decoder_arch(s->dec);
	char buf[64];

	if (!(ev->valid & KP_HAS_CODE) ||
	    (ev->kind != KP_EV_MSR && ev->kind != KP_EV_SYSREG && ev->kind != KP_EV_HOST_RDMSR &&
	     ev->kind != KP_EV_HOST_WRMSR))
		return NULL;
	return json_name(kp_arch_reg_name(arch, ev->code, buf, sizeof(buf)));
}

static void json_body(struct kp_script *s, const struct kp_raw *raw, const struct kp_event *ev,
		      json_t *o)
{
	json_t *reason = reason_of(s, ev), *reg = register_of(s, ev), *fields;

	if (reason)
		json_object_set_new(o, "reason", reason);
	if (reg)
		json_object_set_new(o, "register", reg);
	if (ev->kind == KP_EV_SAMPLE) {
		json_object_set_new(o, "ip",
				    ev->valid & KP_HAS_IP ? json_hex(ev->ip) : json_null());
		json_object_set_new(o, "mode", json_name(modes[ev->mode]));
		json_object_set_new(o, "period",
				    json_number(ev->valid & KP_HAS_PERIOD, ev->period));
		return;
	}
	fields = json_object();
	if (raw && fields)
		kp_decode_fields(s->dec, raw, add_field, fields);
	json_object_set_new(o, "fields", fields);
}

static json_t *side_band(struct kp_script *s, const struct kp_event *ev)
{
	static const struct kp_raw none;
	char *text = NULL;
	size_t size = 0;
	json_t *j;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return json_null();
	kp_decode_print(s->dec, &none, ev, f);
	fclose(f);
	j = json_text(text, size);
	free(text);
	return j;
}

static int json_line(struct kp_script *s, const struct kp_raw *raw, const struct kp_event *ev,
		     FILE *f)
{
	const struct kp_attr *attr = attr_of(s, ev);
	uint32_t vcpu = 0;
	bool has_vcpu = kp_script_vcpu(s, ev, &vcpu);
	char buf[16];
	json_t *o = json_object();

	if (!o)
		return -ENOMEM;
	json_object_set_new(o, "time_ns", json_number(ev->valid & KP_HAS_TIME, ev->time_ns));
	json_object_set_new(o, "cpu", json_number(ev->valid & KP_HAS_CPU, ev->cpu));
	json_object_set_new(o, "pid", json_number(ev->valid & KP_HAS_TID, ev->pid));
	json_object_set_new(o, "tid", json_number(ev->valid & KP_HAS_TID, ev->tid));
	json_object_set_new(o, "comm", json_name(comm_of(s, ev, buf, sizeof(buf))));
	json_object_set_new(o, "vcpu", json_number(has_vcpu, vcpu));
	if (is_side_band(ev)) {
		json_object_set_new(o, "record", side_band(s, ev));
	} else {
		json_object_set_new(o, "event", json_name(attr ? attr->name : NULL));
		json_body(s, raw, ev, o);
	}
	json_dumpf(o, f, JSON_COMPACT | JSON_PRESERVE_ORDER);
	fputc('\n', f);
	json_decref(o);
	return 0;
}

/* null: the kernel's own trace clock */
static json_t *clock_of(const struct kp_meta *meta)
{
	if (!meta->nr_attrs || !meta->attrs[0].attr.use_clockid)
		return json_null();
	return json_integer(meta->attrs[0].attr.clockid);
}

void kp_script_head(const struct kp_script *s, FILE *f)
{
	const struct kp_meta *meta = &s->src->meta;
	json_t *o;

	if (!s->json)
		return;
	o = json_object();
	json_object_set_new(o, "schema", json_string("kvmpmu-script/1"));
	json_object_set_new(o, "hostname", json_name(meta->hostname));
	json_object_set_new(o, "osrelease", json_name(meta->osrelease));
	json_object_set_new(o, "arch", json_name(meta->arch));
	json_object_set_new(o, "cpuid", json_name(meta->cpuid));
	json_object_set_new(o, "clockid", clock_of(meta));
	json_dumpf(o, f, JSON_COMPACT | JSON_PRESERVE_ORDER);
	fputc('\n', f);
	json_decref(o);
}

int kp_script_event(struct kp_script *s, const struct kp_raw *raw, const struct kp_event *ev,
		    FILE *f)
{
	if (s->json)
		return json_line(s, raw, ev, f);
	text_line(s, raw, ev, f);
	return 0;
}
