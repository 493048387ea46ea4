// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* The sensor: one object, one hook family per file. */
#include "include/kernel.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include "include/events.h"
#include "include/layout_hash.generated.h"
#include "include/settings.h"
#include "include/state.h"
#include "include/read.h"
#include "include/cgroup.h"
#include "include/record.h"
#include "include/narrow.h"
#include "include/path.h"
#include "include/inode.h"
#include "include/object.h"
#include "include/call.h"
#include "hooks/process.h"
#include "hooks/cgroup.h"
#include "hooks/host.h"
#include "hooks/syscall.h"
#include "hooks/open.h"
#include "hooks/path.h"
#include "hooks/descriptor.h"
#include "hooks/uring.h"
#include "hooks/learn.h"

char LICENSE[] SEC("license") = "GPL";
