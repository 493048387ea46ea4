/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Short names compared as numbers: one component of a path of the kernel's own file systems. */
#ifndef RW_ENFORCE_LABEL_H
#define RW_ENFORCE_LABEL_H

struct rw_label {
	__u64 word[4]; /* zeros behind */
};

#define RW_LABEL_BYTE(text, i) ((__u64)(__u8)((i) < sizeof(text) ? (text)[(i) < sizeof(text) ? (i) : 0] : 0) << (8 * ((i) & 7)))
#define RW_LABEL_WORD(text, i)                                                                                 \
	(RW_LABEL_BYTE(text, i) | RW_LABEL_BYTE(text, i + 1) | RW_LABEL_BYTE(text, i + 2) |                        \
	 RW_LABEL_BYTE(text, i + 3) | RW_LABEL_BYTE(text, i + 4) | RW_LABEL_BYTE(text, i + 5) |                    \
	 RW_LABEL_BYTE(text, i + 6) | RW_LABEL_BYTE(text, i + 7))
/* `text`: a literal of at most 31 bytes. */
#define rw_is(label, text)                                                                                     \
	((label)->word[0] == RW_LABEL_WORD(text, 0) && (label)->word[1] == RW_LABEL_WORD(text, 8) &&                \
	 (label)->word[2] == RW_LABEL_WORD(text, 16) && (label)->word[3] == RW_LABEL_WORD(text, 24))

/* A longer name is none that is looked for: then the label is empty. */
static __always_inline void rw_read_label(struct rw_label *l, __u64 name, __u64 length)
{
	__builtin_memset(l, 0, sizeof *l);
	rw_opaque(length);
	if (length < sizeof *l)
		bpf_probe_read_kernel(l, length, (void *)name);
}

static __always_inline void rw_label_of(struct rw_label *l, __u64 dentry)
{
	rw_read_label(l, (__u64)rw_get(struct dentry, dentry, d_name.name),
		      rw_get(struct dentry, dentry, d_name.len));
}

#endif
