/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Walking a set's automaton over bytes. packages/policy/src/compile/kernel/walk.ts is the same in TypeScript. */
#ifndef RW_ENFORCE_AUTOMATON_H
#define RW_ENFORCE_AUTOMATON_H

#define RW_CELL_OWNED 0x80000000
#define RW_HEAD_FREE_ENFORCED 0x80000000
#define RW_HEAD_FREE_WATCHED 0x40000000
#define RW_HEAD_ACCEPT 0x3fffffff

struct rw_walk {
	struct rw_work *work;
	struct rw_set *set;
	void *cells;
	__u32 at; /* next byte, index in the work's path */
	__u32 state;
};

static __always_inline __u32 rw_transition(struct rw_set *set, void *cells, __u32 state, __u8 byte)
{
	__u32 key = state + set->byte_class[byte];
	struct rw_cell *cell = bpf_map_lookup_elem(cells, &key);

	if (cell && cell->check == (state | RW_CELL_OWNED))
		return cell->next;
	key = state;
	cell = bpf_map_lookup_elem(cells, &key);
	return cell ? cell->check : 0;
}

static long rw_walk_step(__u32 index, struct rw_walk *w)
{
	__u32 at = w->at;

	rw_opaque(at);
	w->state = rw_transition(w->set, w->cells, w->state, w->work->path[at & RW_PATH_MASK]);
	w->at = at + 1;
	return w->state == 0;
}

/* The state behind the bytes from `start` to RW_PATH_END; 0 when nothing there can match. */
static __always_inline __u32 rw_walk(struct rw_work *work, struct rw_set *set, void *cells, __u32 state)
{
	struct rw_walk w = { .work = work, .set = set, .cells = cells, .at = work->start, .state = state };
	__u32 length = RW_PATH_END - work->start;

	if (length > RW_LONGEST_PATH)
		return 0;
	bpf_loop(length, rw_walk_step, &w, 0);
	return w.state;
}

static __always_inline __u32 rw_head(void *cells, __u32 state)
{
	struct rw_cell *cell = bpf_map_lookup_elem(cells, &state);

	return cell ? cell->next : 0;
}

#endif
