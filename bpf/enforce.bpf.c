// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* Enforcement: one object, one program per hook, one judge. */
#include "include/kernel.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include "include/events.h"
#include "include/policy.h"
#include "enforce/layout_hash.generated.h"
#include "include/read.h"
#include "include/cgroup.h"
#include "include/inode.h"
#include "include/regs.h"
#include "enforce/maps.h"
#include "enforce/actor.h"
#include "enforce/report.h"
#include "enforce/work.h"
#include "enforce/name.h"
#include "enforce/automaton.h"
#include "enforce/judge.h"
#include "enforce/classes.h"
#include "enforce/exec.h"
#include "enforce/digest.h"
#include "enforce/life.h"
#include "enforce/file.h"
#include "enforce/map-code.h"
#include "enforce/rename.h"
#include "enforce/network.h"
#include "enforce/cgroup-network.h"
#include "include/packet-context.h"
#include "enforce/packet.h"
#include "enforce/answer.h"
#include "enforce/packets.h"
#include "enforce/choose.h"
#include "enforce/label.h"
#include "enforce/call-kind.h"
#include "enforce/surface.h"
#include "enforce/surface-files.h"
#include "enforce/cgroup-surface.h"
#include "enforce/capability.h"
#include "enforce/privilege.h"

char LICENSE[] SEC("license") = "GPL";
