// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* Instantiates every contract type of flows so that its layout reaches this object's BTF. Never loaded. */
#include "include/flows.h"

struct rw_flow_boot flows_boot;
struct rw_flow_key flows_key;
struct rw_flow flows_flow;
struct rw_flow_answer flows_answer;
struct rw_unix_socket flows_unix_socket;
enum rw_flow_role flows_role;
enum rw_flow_flag flows_flag;
