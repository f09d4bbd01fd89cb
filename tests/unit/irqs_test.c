// SPDX-License-Identifier: GPL-2.0-only
/*
 * irqs_test.c - src/data/irqs.c: totals of /proc/interrupts go through a recording of every mode,
 * and what is no such text leaves them unknown.
 */
#include "kp_test.h"

#include <string.h>
#include <unistd.h>

#include "data/meta.h"
#include "data_helper.h"

#define SOFT KP_TESTS_DIR "/data/softkvm-6.1/perf.data"

/* The recording written anew with @opts and @irqs, and read to its end. */
static struct kp_source *through(const struct kp_writer_opts *opts, const struct kp_irq_total *irqs)
{
	struct data_records records;
	int fd = data_memfd(NULL, 0), keep = dup(fd);
	struct kp_source *src;
	struct kp_writer *w;
	struct kp_buf file;
	char err[256];

	assert_int_equal(kp_perfdata_open(SOFT, &src, err, sizeof(err)), 0);
	memcpy(src->meta.irqs, irqs, sizeof(src->meta.irqs));
	assert_int_equal(kp_writer_new(fd, opts, &src->meta, &w), 0);
	data_read_all(src, &records);
	assert_int_equal(kp_writer_put(w, records.bytes.data, records.bytes.len), 0);
	assert_int_equal(kp_writer_irqs(w), 0);
	assert_int_equal(kp_writer_close(w), 0);
	kp_buf_free(&records.bytes);
	kp_source_free(src);

	data_unload(keep, &file);
	close(keep);
	src = data_open(file.data, file.len, err, sizeof(err));
	assert_non_null(src);
	data_read_all(src, &records);
	assert_int_equal(records.result, 0);
	kp_buf_free(&records.bytes);
	kp_buf_free(&file);
	return src;
}

static void test_modes(void **state)
{
	static const struct kp_writer_opts modes[] = {
		{ 0 },
		{ .pipe = true },
		{ .zstd_level = 1 },
		{ .pipe = true, .zstd_level = 1 },
	};
	const struct kp_irq_total irqs[KP_IRQ_LINES] = {
		[KP_IRQ_NMI] = { true, 12, 345678901234567ull },
		[KP_IRQ_VPMI] = { true, 0, 20 },
	};
	struct kp_source *src;
	size_t m, i;

	(void)state;
	for (m = 0; m < KP_ARRAY_SIZE(modes); m++) {
		src = through(&modes[m], irqs);
		for (i = 0; i < KP_IRQ_LINES; i++) {
			assert_int_equal(src->meta.irqs[i].known, irqs[i].known);
			assert_int_equal(src->meta.irqs[i].begin, irqs[i].begin);
			assert_int_equal(src->meta.irqs[i].end, irqs[i].end);
		}
		kp_source_free(src);
	}
}

static void test_unknown(void **state)
{
	const struct kp_irq_total none[KP_IRQ_LINES] = { 0 };
	const struct kp_writer_opts file = { 0 };
	struct kp_source *src = through(&file, none);
	size_t i;

	(void)state;
	for (i = 0; i < KP_IRQ_LINES; i++)
		assert_false(src->meta.irqs[i].known);
	kp_source_free(src);
}

static void test_texts(void **state)
{
	static const struct {
		const char *unit;
		bool nmi, vpmi;
	} texts[] = {
		{ "kvmpmu:irqs NMI=1,2 VPMI=3,4", true, true },
		{ "kvmpmu:irqs NEW=1,2 VPMI=3,4", false, true },
		{ "kvmpmu:irqs NMI=1,2x VPMI=3,4", true, false },
		{ "kvmpmu:irqs NMI=2,1", false, false },
		{ "kvmpmu:irqs NMI=1", false, false },
		{ "kvmpmu:irqs NMI", false, false },
		{ "kvmpmu:irqs ", false, false },
		{ "kvmpmu:irqs", false, false },
		{ "kvmpmu:irqsNMI=1,2", false, false },
		{ "Joules", false, false },
		{ "", false, false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < KP_ARRAY_SIZE(texts); i++) {
		struct kp_meta meta = { 0 };

		kp_meta_set_irqs(&meta, texts[i].unit);
		assert_int_equal(meta.irqs[KP_IRQ_NMI].known, texts[i].nmi);
		assert_int_equal(meta.irqs[KP_IRQ_VPMI].known, texts[i].vpmi);
		assert_false(meta.irqs[KP_IRQ_PMI].known);
		if (texts[i].nmi)
			assert_int_equal(meta.irqs[KP_IRQ_NMI].end, 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_modes),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
