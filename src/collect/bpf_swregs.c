// SPDX-License-Identifier: GPL-2.0-only
/*
 * bpf_swregs.c - the programs of src/bpf/switch.bpf.c that count register accesses: attached when
 * somebody wants to know, and what they counted.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect/swagg_bpf.h"
#include "switch.skel.h"

_Static_assert((int)KP_SW_BY_GUEST == (int)KP_SWAGG_BY_GUEST &&
		       (int)KP_SW_IN_HOST_IN == (int)KP_SWAGG_IN_HOST_IN &&
		       (int)KP_SW_RDPMC == (int)KP_SWAGG_RDPMC,
	       "the kernel's places and accesses are what swagg.h says");

/* "raw_tp/read_msr": its tracepoint */
static const char *tracepoint_of(const struct bpf_program *prog)
{
	const char *section = bpf_program__section_name(prog), *slash = strchr(section, '/');

	return slash ? slash + 1 : section;
}

int kp_swagg_registers(struct kp_swagg *agg, char *err, size_t err_size)
{
	struct bpf_program *prog;
	size_t len;
	int ret;

	err[0] = '\0';
	bpf_object__for_each_program(prog, agg->probe->skel->obj)
	{
		if (strncmp(bpf_program__name(prog), "reg_", 4))
			continue;
		ret = kp_swprobe_attach(agg->probe, prog);
		agg->counts_regs |= !ret;
		len = strlen(err);
		if (ret)
			snprintf(err + len, err_size - len, "%s%s", len ? ", " : "no tracepoint ",
				 tracepoint_of(prog));
	}
	return agg->counts_regs ? 0 : -EOPNOTSUPP;
}

int kp_swagg_read_regs(struct kp_swagg *agg, struct kp_swagg_snap *snap)
{
	struct bpf_map *map = agg->probe->skel->maps.regs;
	struct kp_sw_reg key, *prev = NULL;
	int fd = bpf_map__fd(map);
	uint64_t count;

	if (!agg->counts_regs)
		return 0;
	snap->regs_lost = agg->probe->skel->bss->regs_lost;
	snap->regs = calloc(KP_SW_REGS, sizeof(*snap->regs));
	if (!snap->regs)
		return -ENOMEM;
	while (snap->nr_regs < KP_SW_REGS && !bpf_map_get_next_key(fd, prev, &key)) {
		prev = &key;
		if (!bpf_map_lookup_elem(fd, &key, &count))
			snap->regs[snap->nr_regs++] =
				(struct kp_swagg_reg){ .reg = key.reg,
						       .access = (uint8_t)key.access,
						       .place = (uint8_t)key.place,
						       .count = count };
	}
	return 0;
}
