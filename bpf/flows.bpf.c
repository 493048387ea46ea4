// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* Who talks to whom: one object that counts, on hooks that need no trampoline, and never denies anything. */
#include "include/kernel.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include "include/flows.h"
#include "flows/layout_hash.generated.h"
#include "include/read.h"
#include "include/cgroup.h"
#include "include/packet-context.h"
#include "flows/maps.h"
#include "flows/owner.h"
#include "flows/count.h"
#include "flows/state.h"
#include "flows/packet.h"
#include "flows/existing.h"
#include "flows/unix.h"

char LICENSE[] SEC("license") = "GPL";
