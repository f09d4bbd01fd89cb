/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ops.h - what a format implements. Private to src/out.
 */
#ifndef KP_OUT_OPS_H
#define KP_OUT_OPS_H

#include "lib/buf.h"
#include "out.h"

/**
 * struct kp_out - head of every writer; implementations embed it first
 * @err: first error; once set, nothing more is written
 * @cols, @nr_cols: the open table's
 */
struct kp_out {
	const struct kp_out_ops *ops;
	FILE *stream;
	bool color;
	int err;
	const enum kp_col *cols;
	unsigned int nr_cols;
};

/**
 * struct kp_out_ops - one output format
 * @size: of the implementation's struct
 * @data: for programs: has everything with a key, nothing without one
 * @begin: after allocation; 0 or -errno
 * The strings that arrive are clean: valid UTF-8 without control characters.
 */
struct kp_out_ops {
	const char *name;
	size_t size;
	bool data;
	int (*begin)(struct kp_out *out, const struct kp_out_opts *opts);
	int (*field)(struct kp_out *out, const char *key, const char *title, enum kp_unit unit,
		     struct kp_val val);
	int (*note)(struct kp_out *out, const char *text);
	int (*heading)(struct kp_out *out, const char *text); /* NULL: leaves them out */
	int (*table)(struct kp_out *out, const char *key, const char *title);
	int (*row)(struct kp_out *out, const struct kp_val *cells);
	int (*table_end)(struct kp_out *out);
	int (*finish)(struct kp_out *out);
	void (*free)(struct kp_out *out);
};

extern const struct kp_out_ops kp_out_text, kp_out_json, kp_out_csv;

static inline const struct kp_column *kp_out_column(const struct kp_out *out, unsigned int i)
{
	return &kp_columns[KP_COL_ID(out->cols[i])];
}

/** kp_out_width - terminal columns of clean text */
size_t kp_out_width(const char *s);

#endif
