/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vec.h - growing arrays of any type. Declare with KP_VEC(struct foo) name = {0}; the memory in
 * .at belongs to the vector, or to whoever takes it with kp_vec_take().
 */
#ifndef KP_LIB_VEC_H
#define KP_LIB_VEC_H

#include <stdlib.h>

#include "kp.h"

#define KP_VEC(type)        \
	struct {            \
		type *at;   \
		size_t nr;  \
		size_t cap; \
	}

/** kp_vec_grow_bytes - implementation of the macros: new block or NULL, @cap updated */
static inline void *kp_vec_grow_bytes(void *at, size_t *cap, size_t nr, size_t size)
{
	size_t bytes, want = *cap ? *cap : 8;

	while (want < nr) {
		if (want > SIZE_MAX / 2)
			return NULL;
		want *= 2;
	}
	if (__builtin_mul_overflow(want, size, &bytes))
		return NULL;
	at = realloc(at, bytes);
	if (at)
		*cap = want;
	return at;
}

/** kp_vec_reserve - room for @more elements behind the last; 0 or -ENOMEM */
#define kp_vec_reserve(v, more)                                                                 \
	({                                                                                      \
		size_t need_ = (v)->nr + (more);                                                \
		int err_ = 0;                                                                   \
		if (need_ > (v)->cap) {                                                         \
			void *at_ =                                                             \
				kp_vec_grow_bytes((v)->at, &(v)->cap, need_, sizeof(*(v)->at)); \
			if (at_)                                                                \
				(v)->at = at_;                                                  \
			else                                                                    \
				err_ = -ENOMEM;                                                 \
		}                                                                               \
		err_;                                                                           \
	})

/** kp_vec_push - append a value; 0 or -ENOMEM */
#define kp_vec_push(v, ...)                                 \
	({                                                  \
		int perr_ = kp_vec_reserve(v, 1);           \
		if (!perr_)                                 \
			(v)->at[(v)->nr++] = (__VA_ARGS__); \
		perr_;                                      \
	})

#define kp_vec_for_each(p, v) for ((p) = (v)->at; (p) < (v)->at + (v)->nr; (p)++)

/** kp_vec_free - the array, not what its elements own */
#define kp_vec_free(v)                  \
	do {                            \
		free((v)->at);          \
		(v)->at = NULL;         \
		(v)->nr = (v)->cap = 0; \
	} while (0)

#endif
