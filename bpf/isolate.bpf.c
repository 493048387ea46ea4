// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/*
 * Cutting containers off: one object of its own, which is there only while something is isolated. It knows nothing of
 * policies, and nothing a policy allows opens it.
 */
#include "include/kernel.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include "include/isolate.h"
#include "isolate/layout_hash.generated.h"
#include "include/read.h"
#include "include/cgroup.h"
#include "include/packet-context.h"
#include "isolate/maps.h"
#include "isolate/judge.h"
#include "isolate/groups.h"
#include "isolate/packet.h"
#include "isolate/calls.h"
#include "isolate/held.h"

char LICENSE[] SEC("license") = "GPL";
