// SPDX-License-Identifier: GPL-2.0-only
/*
 * unread.c - what no analysis looks at, and whoever decodes need not copy. Pure.
 */
#include "model.h"

uint32_t kp_model_unread(enum kp_kind kind)
{
	switch (kind) {
	case KP_EV_ENTRY:
		return KP_HAS_IP;
	case KP_EV_EXIT:
	case KP_EV_NESTED_EXIT:
	case KP_EV_NESTED_INJ:
		return KP_HAS_IP | KP_HAS_VALUE | KP_HAS_VALUE2;
	case KP_EV_HOST_RDPMC:
		return KP_HAS_VALUE;
	default:
		return 0;
	}
}
