// SPDX-License-Identifier: GPL-2.0-only
/*
 * stat_calc.c - rows, times and metrics of stat from readings of its events. Pure: scales only what
 * it marks as scaled, and adds up only what is one kind.
 */
#include "cmd/stat_calc.h"

#include <limits.h>
#include <math.h>
#include <string.h>

#include "lib/str.h"

/*
 * The kernel's enabled and running times of an event that never left the PMU are a little apart
 * where guests' contexts are switched often. A share of counters smaller than this is none.
 */
#define SAME_TIME 0.005

/*
 * Where a task was is read from other events than how long this one was on the PMU, and at another
 * instant. Events that share a counter take turns by milliseconds (perf_event_mux_interval_ms).
 */
#define SAME_TURN_NS 1000000

/* Two clocks are not read at one instant: less than this share apart they are the same. */
#define SAME_CLOCK 0.001

static const struct kp_stat_key nothing = { -1, -1, -1, -1 };

static bool same_key(const struct kp_stat_key *a, const struct kp_stat_key *b)
{
	return a->cpu == b->cpu && a->vm == b->vm && a->vcpu == b->vcpu && a->tid == b->tid;
}

/* ---- who ---- */

static const struct kp_host_vcpu *find_vcpu(const struct kp_host *host, pid_t tid,
					    const struct kp_host_vm **vm)
{
	size_t v, i;

	for (v = 0; v < host->nr_vms; v++)
		for (i = 0; i < host->vms[v].nr_vcpus; i++)
			if (host->vms[v].vcpus[i].tid == (uint32_t)tid) {
				*vm = &host->vms[v];
				return &host->vms[v].vcpus[i];
			}
	for (v = 0; v < host->nr_vms; v++)
		if (host->vms[v].pid == (uint32_t)tid)
			*vm = &host->vms[v];
	return NULL;
}

/* Of the threads that are no vCPU only a process's first is known to be its VM's. */
static struct kp_stat_key key_of(const struct kp_stat_input *in, const struct kp_count_value *v,
				 enum kp_stat_by by)
{
	const struct kp_host_vm *vm = NULL;
	const struct kp_host_vcpu *vcpu = v->tid > 0 ? find_vcpu(in->host, v->tid, &vm) : NULL;
	struct kp_stat_key key = nothing;

	if (by == KP_STAT_BY_CPU && v->has_cpu)
		key.cpu = v->cpu;
	if (by >= KP_STAT_BY_VM && vm)
		key.vm = vm->pid;
	if (by >= KP_STAT_BY_VCPU && vcpu && vcpu->has_vcpu)
		key.vcpu = vcpu->vcpu;
	if (by == KP_STAT_BY_THREAD && v->tid > 0)
		key.tid = v->tid;
	return key;
}

/* ---- PMUs ---- */

static const struct kp_host_pmu *first_core(const struct kp_host *host)
{
	size_t i;

	for (i = 0; i < host->nr_pmus; i++)
		if (host->pmus[i].core)
			return &host->pmus[i];
	return NULL;
}

static bool is_generic(uint32_t type)
{
	return type == PERF_TYPE_HARDWARE || type == PERF_TYPE_HW_CACHE || type == PERF_TYPE_RAW;
}

/* The core PMU of an event; "cpu" where none is known, as on machines without. */
static const char *core_pmu(const struct kp_host *host, const struct perf_event_attr *a)
{
	const struct kp_host_pmu *pmu;
	uint32_t type = a->type;

	if (a->type == PERF_TYPE_HARDWARE || a->type == PERF_TYPE_HW_CACHE)
		type = (uint32_t)(a->config >> PERF_PMU_TYPE_SHIFT);
	if (is_generic(a->type) && (!type || a->type == PERF_TYPE_RAW)) {
		pmu = first_core(host);
		return pmu ? pmu->name : "cpu";
	}
	pmu = kp_host_pmu_by_type(host, type);
	return pmu && pmu->core ? pmu->name : NULL;
}

/* "armv8_cortex_a53/cycles/u" is cycles:u of that PMU. */
static void set_name(struct kp_stat_row *row, const char *name)
{
	size_t len = row->pmu ? strlen(row->pmu) : 0;
	const char *end;

	row->name = name;
	row->name_len = (int)strlen(name);
	if (!len || strncmp(name, row->pmu, len) || name[len] != '/')
		return;
	end = strrchr(name + len + 1, '/');
	if (!end)
		return;
	row->name = name + len + 1;
	row->name_len = (int)(end - row->name);
	row->mods = end[1] ? end + 1 : NULL;
}

struct cpu_find {
	uint64_t cpu;
	bool found;
};

static int match_cpu(void *ctx, uint64_t cpu)
{
	struct cpu_find *f = ctx;

	f->found |= f->cpu == cpu;
	return 0;
}

static bool pmu_has_cpu(const struct kp_host_pmu *pmu, uint32_t cpu)
{
	struct cpu_find f = { .cpu = cpu };

	if (pmu->cpus)
		kp_str_list(pmu->cpus, INT_MAX, match_cpu, &f);
	return f.found;
}

/* ---- readings ---- */

static struct kp_count_value delta(const struct kp_stat_input *in, size_t i)
{
	struct kp_count_value v = in->to[i];

	if (in->from) {
		v.value -= in->from[i].value;
		v.enabled_ns -= in->from[i].enabled_ns;
		v.running_ns -= in->from[i].running_ns;
	}
	return v;
}

/* How long a task was where this event's PMU is. False: only its own times tell. */
static bool place_time(const struct kp_stat_input *in, const struct kp_count_value *v,
		       const char *pmu, uint64_t *ns)
{
	const struct kp_host_pmu *p = pmu ? kp_host_find_pmu(in->host, pmu) : NULL;
	struct kp_count_value w;
	bool any = false;
	size_t i;

	*ns = 0;
	for (i = 0; p && i < in->nr; i++) {
		if (in->plan->events[in->to[i].event].clock != KP_CLOCK_PLACE ||
		    in->to[i].tid != v->tid)
			continue;
		any = true;
		w = delta(in, i);
		if (pmu_has_cpu(p, w.cpu))
			*ns += w.running_ns;
	}
	return any;
}

static struct kp_stat_row *find_row(struct kp_stat *st, const struct kp_stat_key *key,
				    uint32_t event)
{
	size_t i;

	for (i = 0; i < st->rows.nr; i++)
		if (st->rows.at[i].event == event && same_key(&st->rows.at[i].key, key))
			return &st->rows.at[i];
	return NULL;
}

/* The two of a pair share a row: that of the host's event, which stands before the guests'. */
static struct kp_stat_row *get_row(const struct kp_stat_input *in, struct kp_stat *st,
				   const struct kp_stat_key *key, uint32_t event)
{
	const struct kp_plan_event *ev = &in->plan->events[event];
	struct kp_stat_row row = { .key = *key }, *found;
	int s;

	row.event = ev->split && ev->side == KP_SIDE_GUEST ? event - 1 : event;
	found = find_row(st, key, row.event);
	if (found)
		return found;
	row.pmu = core_pmu(in->host, &ev->attr);
	if (ev->attr.type == PERF_TYPE_SOFTWARE || ev->attr.type == PERF_TYPE_TRACEPOINT)
		row.pmu = NULL;
	set_name(&row, ev->name);
	for (s = 0; s < KP_SIDE_NR; s++)
		row.side[s].stderr_pct = -1;
	return kp_vec_push(&st->rows, row) ? NULL : &st->rows.at[st->rows.nr - 1];
}

/* What an event counted stands for all the time it could have counted. */
static void add_value(const struct kp_stat_input *in, const struct kp_count_value *v,
		      struct kp_stat_row *row, struct kp_stat_count *c)
{
	uint64_t could = v->enabled_ns, placed;
	double value = (double)v->value;

	if (place_time(in, v, row->pmu, &placed)) {
		could = kp_min_u64(could, placed);
		if (could < v->running_ns + SAME_TURN_NS)
			could = v->running_ns;
	}
	if (c->state < KP_STAT_NOT_COUNTED)
		c->state = KP_STAT_NOT_COUNTED;
	c->enabled_ns += could;
	c->running_ns += v->running_ns;
	if (!v->running_ns)
		return;
	c->state = KP_STAT_COUNTED;
	if ((double)v->running_ns < (double)could * (1 - SAME_TIME)) {
		value *= (double)could / (double)v->running_ns;
		c->scaled = true;
	}
	c->value += value;
}

static int add_clock(const struct kp_stat_input *in, struct kp_stat *st,
		     const struct kp_count_value *v, enum kp_clock clock)
{
	bool tasks = v->tid > 0;
	struct kp_stat_key key = key_of(in, v, tasks ? KP_STAT_BY_THREAD : KP_STAT_BY_CPU);
	struct kp_stat_clock *c;

	kp_vec_for_each (c, &st->clocks)
		if (same_key(&c->key, &key))
			break;
	if (c == st->clocks.at + st->clocks.nr) {
		if (kp_vec_push(&st->clocks, (struct kp_stat_clock){ .key = key }))
			return -ENOMEM;
		c = &st->clocks.at[st->clocks.nr - 1];
	}
	*(clock == KP_CLOCK_ALL ? &c->all_ns : &c->host_ns) += v->enabled_ns;
	return 0;
}

/* The PMU that KVM opens this vCPU's events on. */
static const char *backing_of(const struct kp_stat_input *in, pid_t tid)
{
	const struct kp_owners *o = in->owners;
	size_t i;

	for (i = 0; o && i < o->nr_vcpus; i++)
		if (o->vcpus[i].tid == (uint32_t)tid)
			return *o->vcpus[i].pmu ? o->vcpus[i].pmu : NULL;
	return NULL;
}

static struct kp_stat_place *get_place(const struct kp_stat_input *in, struct kp_stat *st,
				       const struct kp_count_value *v, const char *pmu)
{
	struct kp_stat_place *p, new = { .key = key_of(in, v, KP_STAT_BY_THREAD), .pmu = pmu };

	kp_vec_for_each (p, &st->places)
		if (p->pmu == pmu && same_key(&p->key, &new.key))
			return p;
	new.backing = backing_of(in, v->tid);
	return kp_vec_push(&st->places, new) ? NULL : &st->places.at[st->places.nr - 1];
}

static int add_place(const struct kp_stat_input *in, struct kp_stat *st,
		     const struct kp_count_value *v, enum kp_clock clock)
{
	const struct kp_host_pmu *pmu;
	struct kp_stat_place *p;
	size_t i;

	for (i = 0; i < in->host->nr_pmus; i++) {
		pmu = &in->host->pmus[i];
		if (!pmu->core)
			continue;
		p = get_place(in, st, v, pmu->name);
		if (!p)
			return -ENOMEM;
		if (clock == KP_CLOCK_MOVES) {
			p->has_moves = true;
			p->moves += pmu_has_cpu(pmu, v->cpu) ? v->value : 0;
			continue;
		}
		p->all_ns += v->running_ns;
		if (pmu_has_cpu(pmu, v->cpu))
			p->ns += v->running_ns;
	}
	return 0;
}

bool kp_stat_lost_ns(const struct kp_stat_place *p, uint64_t *ns)
{
	*ns = p->backing && strcmp(p->backing, p->pmu) ? p->ns : 0;
	return p->backing;
}

static int add_one(const struct kp_stat_input *in, struct kp_stat *st, size_t i)
{
	struct kp_count_value v = delta(in, i);
	const struct kp_plan_event *ev = &in->plan->events[v.event];
	struct kp_stat_key key;
	struct kp_stat_row *row;

	if (ev->clock == KP_CLOCK_PLACE || ev->clock == KP_CLOCK_MOVES)
		return add_place(in, st, &v, ev->clock);
	if (ev->clock)
		return add_clock(in, st, &v, ev->clock);
	key = key_of(in, &v, in->by);
	row = get_row(in, st, &key, v.event);
	if (!row)
		return -ENOMEM;
	add_value(in, &v, row, &row->side[ev->side]);
	return 0;
}

/* An event that is not there has one row, whatever the others have. */
static int add_refused(const struct kp_stat_input *in, struct kp_stat *st)
{
	const struct kp_plan_event *ev;
	struct kp_stat_row *row;
	uint32_t i;

	for (i = 0; i < in->plan->nr_events; i++) {
		ev = &in->plan->events[i];
		if (!in->refused[i] || ev->clock)
			continue;
		row = NULL;
		if (ev->split && ev->side == KP_SIDE_GUEST)
			kp_vec_for_each (row, &st->rows)
				if (row->event == i - 1)
					row->side[ev->side].state = KP_STAT_NOT_SUPPORTED;
		if (ev->split && ev->side == KP_SIDE_GUEST && !in->refused[i - 1])
			continue;
		row = get_row(in, st, &nothing, i);
		if (!row)
			return -ENOMEM;
		row->side[ev->side].state = KP_STAT_NOT_SUPPORTED;
	}
	return 0;
}

uint64_t kp_stat_blind_ns(const struct kp_stat_clock *c)
{
	uint64_t ns = c->all_ns > c->host_ns ? c->all_ns - c->host_ns : 0;

	return (double)ns < SAME_CLOCK * (double)c->all_ns ? 0 : ns;
}

static double *floor_at(struct kp_stat_floor *f, size_t i)
{
	while (f->values.nr <= i)
		if (kp_vec_push(&f->values, 0.0))
			return NULL;
	return &f->values.at[i];
}

static double raise_to(struct kp_stat_floor *f, size_t i, double v)
{
	double *at = floor_at(f, i);

	if (!at)
		return v;
	if (*at < v)
		*at = v;
	return *at;
}

void kp_stat_never_less(struct kp_stat_floor *f, struct kp_stat *st)
{
	struct kp_stat_clock *c;
	struct kp_stat_row *row;
	uint64_t blind;
	size_t i = 0;
	int s;

	kp_vec_for_each (row, &st->rows)
		for (s = 0; s < KP_SIDE_NR; s++, i++)
			row->side[s].value = raise_to(f, i, row->side[s].value);
	kp_vec_for_each (c, &st->clocks) {
		blind = (uint64_t)raise_to(f, i++, (double)kp_stat_blind_ns(c));
		c->host_ns = c->all_ns > blind ? c->all_ns - blind : 0;
	}
}

void kp_stat_floor_free(struct kp_stat_floor *f)
{
	kp_vec_free(&f->values);
}

static int by_event(const void *a, const void *b)
{
	const struct kp_stat_row *x = a, *y = b;

	if (x->event != y->event)
		return x->event < y->event ? -1 : 1;
	if (x->key.cpu != y->key.cpu)
		return x->key.cpu < y->key.cpu ? -1 : 1;
	if (x->key.vm != y->key.vm)
		return x->key.vm < y->key.vm ? -1 : 1;
	if (x->key.vcpu != y->key.vcpu)
		return x->key.vcpu < y->key.vcpu ? -1 : 1;
	return x->key.tid < y->key.tid ? -1 : x->key.tid > y->key.tid;
}

int kp_stat_make(const struct kp_stat_input *in, struct kp_stat *out)
{
	size_t i;
	int err = 0;

	memset(out, 0, sizeof(*out));
	out->wall_ns = in->wall_ns;
	out->nr_runs = 1;
	for (i = 0; i < in->nr && !err; i++)
		err = add_one(in, out, i);
	if (!err)
		err = add_refused(in, out);
	if (out->rows.nr)
		qsort(out->rows.at, out->rows.nr, sizeof(*out->rows.at), by_event);
	return err;
}

void kp_stat_free(struct kp_stat *st)
{
	kp_vec_free(&st->rows);
	kp_vec_free(&st->clocks);
	kp_vec_free(&st->places);
	kp_vec_free(&st->metrics);
}

/* ---- repeated runs ---- */

void kp_stat_sum_add(struct kp_stat_sum *s, double v)
{
	double d = v - s->mean;

	s->nr++;
	s->mean += d / (double)s->nr;
	s->m2 += d * (v - s->mean);
}

double kp_stat_sum_stderr_pct(const struct kp_stat_sum *s)
{
	double n = (double)s->nr;

	if (s->nr < 2 || s->mean == 0)
		return s->nr < 2 ? -1 : 0;
	return 100 * sqrt(s->m2 / (n - 1) / n) / fabs(s->mean);
}

int kp_stat_runs_add(struct kp_stat_runs *runs, struct kp_stat *st)
{
	struct kp_stat_count *c;
	struct kp_stat_sum *s;
	size_t i, side;

	while (runs->sums.nr < st->rows.nr * KP_SIDE_NR)
		if (kp_vec_push(&runs->sums, (struct kp_stat_sum){ 0 }))
			return -ENOMEM;
	for (i = 0; i < st->rows.nr; i++)
		for (side = 0; side < KP_SIDE_NR; side++) {
			c = &st->rows.at[i].side[side];
			s = &runs->sums.at[i * KP_SIDE_NR + side];
			if (c->state == KP_STAT_COUNTED)
				kp_stat_sum_add(s, c->value);
			if (!s->nr)
				continue;
			c->state = KP_STAT_COUNTED;
			c->value = s->mean;
			c->stderr_pct = kp_stat_sum_stderr_pct(s);
		}
	kp_stat_sum_add(&runs->wall, (double)st->wall_ns);
	st->wall_ns = (uint64_t)runs->wall.mean;
	st->nr_runs = runs->wall.nr;
	return 0;
}

void kp_stat_runs_free(struct kp_stat_runs *runs)
{
	kp_vec_free(&runs->sums);
}
