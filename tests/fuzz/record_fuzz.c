// SPDX-License-Identifier: GPL-2.0-only
/*
 * record_fuzz.c - src/decode/record.c with any attr and any records. The input: 32 bytes that make
 * two attrs, then records with honest headers, as a source would hand them out; src/decode/plain.c
 * with the same.
 */
#include <stdio.h>
#include <string.h>

#include "decode.h"
#include "swbatch.h"

static const char format[] =
	"name: kvm_exit\nID: 7\nformat:\n"
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n\n"
	"\tfield:unsigned int exit_reason;\toffset:8;\tsize:4;\tsigned:0;\n"
	"\tfield:unsigned long guest_rip;\toffset:16;\tsize:8;\tsigned:0;\n"
	"\tfield:u32 isa;\toffset:24;\tsize:4;\tsigned:0;\n"
	"\tfield:__data_loc char[] name;\toffset:28;\tsize:4;\tsigned:0;\n"
	"\tfield:u32 intr_info;\toffset:40;\tsize:4;\tsigned:0;\n"
	"\tfield:unsigned int vcpu_id;\toffset:56;\tsize:4;\tsigned:0;\n"
	"\nprint fmt: \"%u %s\", REC->vcpu_id, __get_str(name)\n";

/* The container around the format, little-endian as all machines that fuzz are. */
static size_t tracing(uint8_t *out)
{
	static const char head[] =
		"\027\010\104tracing0.6\0\0\010\0\020\0\0header_page\0\0\0\0\0\0\0"
		"\0\0header_event\0\0\0\0\0\0\0\0\0\0\0\0\0\001\0\0\0kvm\0\001\0\0";
	uint64_t size = sizeof(format) - 1;
	size_t at = sizeof(head);

	memcpy(out, head, at);
	memcpy(out + at, &size, sizeof(size));
	at += sizeof(size);
	memcpy(out + at, format, size);
	return at + size;
}

static void field(void *ctx, const struct kp_field *f)
{
	size_t i, *sum = ctx;

	*sum += strlen(f->name) + f->number;
	for (i = 0; i < f->size; i++)
		*sum += f->bytes[i];
}

static void records(struct kp_decoder *dec, const uint8_t *p, size_t size, bool swapped, FILE *out)
{
	struct perf_event_header h;
	struct kp_event ev;
	struct kp_raw raw;
	size_t sum = 0;
	int ret;

	for (; size >= sizeof(h); p += raw.size, size -= raw.size) {
		memcpy(&h, p, sizeof(h));
		if (swapped) {
			h.type = __builtin_bswap32(h.type);
			h.misc = __builtin_bswap16(h.misc);
			h.size = __builtin_bswap16(h.size);
		}
		if (h.size < sizeof(h) || h.size > size)
			return;
		raw = (struct kp_raw){ .data = p, .size = h.size, .type = h.type, .misc = h.misc };
		ret = kp_decode(dec, &raw, &ev);
		if (ret != KP_DECODE_EVENT && ret != KP_DECODE_MORE)
			continue;
		while (ret == KP_DECODE_MORE && kp_decode_more(dec, &ev))
			if (ev.kind >= KP_EV_MAX || ev.isa >= KP_ISA_MAX)
				__builtin_trap();
		if (ev.kind >= KP_EV_MAX || ev.isa >= KP_ISA_MAX)
			__builtin_trap();
		kp_decode_print(dec, &raw, &ev, out);
		kp_decode_fields(dec, &raw, field, &sum);
		fputs(kp_decoder_exit_name(dec, ev.isa, ev.code), out);
	}
}

/* Events that came many at a time are those of their records. */
static void same_events(struct kp_decoder *dec, struct kp_stretch s, const struct kp_block *b,
			size_t nr)
{
	struct perf_event_header h;
	struct kp_event ev;
	struct kp_raw raw;
	size_t i;

	for (i = 0; i < nr; i++) {
		memcpy(&h, s.data, sizeof(h));
		raw = (struct kp_raw){ .data = s.data,
				       .size = h.size,
				       .type = h.type,
				       .misc = h.misc,
				       .offset = s.offset };
		if (kp_decode(dec, &raw, &ev) != KP_DECODE_EVENT ||
		    memcmp(&ev, &b->ev[i], sizeof(ev)))
			__builtin_trap();
		s.data += h.size;
		s.offset += h.size;
	}
}

static void plain(struct kp_decoder *dec, const uint8_t *p, size_t size)
{
	struct kp_stretch s = { .data = p, .size = size }, from;
	struct kp_block *b = kp_block_new();
	struct perf_event_header h;
	bool begun;
	size_t nr;

	while (b && s.size >= sizeof(h)) {
		from = s;
		b->nr = 0;
		b->newest_ns = 0;
		b->mixed = false;
		nr = kp_decode_plain(dec, &s, b, &begun);
		if (nr != b->nr + begun || s.data + s.size != p + size)
			__builtin_trap();
		same_events(dec, from, b, nr);
		if (nr)
			continue;
		memcpy(&h, s.data, sizeof(h));
		if (h.size < sizeof(h) || h.size > s.size)
			break;
		s.data += h.size;
		s.size -= h.size;
		s.offset += h.size;
	}
	kp_block_free(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const machines[] = { "x86_64", "aarch64", "s390x", NULL };
	uint64_t ids[2] = { 1, 2 }, words[4];
	struct kp_attr attrs[2] = { 0 };
	struct kp_meta meta = { .generation = 1, .attrs = attrs };
	uint8_t container[4096];
	struct kp_decoder *dec;
	FILE *out;
	int i;

	if (size < sizeof(words))
		return 0;
	memcpy(words, data, sizeof(words));
	meta.swapped = words[3] & 1;
	meta.nr_attrs = 1 + (words[3] >> 1 & 1);
	meta.arch = (char *)(uintptr_t)machines[words[3] >> 2 & 3];
	meta.tracing = container;
	meta.tracing_size = tracing(container);
	for (i = 0; i < 2; i++) {
		attrs[i].attr.type = words[3] >> (4 + i) & 1 ? PERF_TYPE_TRACEPOINT : 0;
		attrs[i].attr.config = 7;
		attrs[i].attr.sample_type = words[i];
		attrs[i].attr.read_format = words[2] & 0xff;
		attrs[i].attr.sample_id_all = words[3] >> 6 & 1;
		attrs[i].ids = &ids[i];
		attrs[i].nr_ids = 1;
		attrs[i].name = (char *)(uintptr_t) "kvm:kvm_exit";
	}
	if (words[3] >> 7 & 1) { /* a batch of record --switch */
		attrs[0].attr.type = PERF_TYPE_SOFTWARE;
		attrs[0].attr.config = PERF_COUNT_SW_BPF_OUTPUT;
		attrs[0].name = (char *)(uintptr_t)KP_SWBATCH_EVENT;
	}
	if (kp_decoder_new(&meta, &dec))
		__builtin_trap();
	out = fopen("/dev/null", "w");
	if (out)
		records(dec, data + sizeof(words), size - sizeof(words), meta.swapped, out);
	if (!meta.swapped) {
		plain(dec, data + sizeof(words), size - sizeof(words));
		/* what remains of kvm_exit has a shape */
		kp_decoder_leave_out(dec, KP_EV_EXIT, KP_HAS_IP);
		plain(dec, data + sizeof(words), size - sizeof(words));
	}
	if (out)
		fclose(out);
	kp_decoder_free(dec);
	return 0;
}
