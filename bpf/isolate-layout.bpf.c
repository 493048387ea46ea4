// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* Instantiates every contract type of isolation so that its layout reaches this object's BTF. Never loaded. */
#include "include/isolate.h"

struct rw_isolate_boot isolate_boot;
struct rw_isolation isolate_isolation;
struct rw_isolation_count isolate_count;
struct rw_isolate_allow isolate_allow;
struct rw_held_socket isolate_held;
enum rw_isolation_flag isolate_flag;
