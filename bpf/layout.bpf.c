// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* Instantiates every contract type so that its layout reaches this object's BTF. Never loaded. */
#include "include/events.h"
#include "include/settings.h"

/* Records: what travels the ring, and what recordings hold. */
struct rw_hdr layout_hdr;
struct rw_span layout_span;
struct rw_sys layout_sys;
struct rw_object layout_object;
struct rw_open layout_open;
struct rw_path layout_path;
struct rw_fd layout_fd;
struct rw_fork layout_fork;
struct rw_exit layout_exit;
struct rw_exec layout_exec;
struct rw_cgroup layout_cgroup;
enum rw_flag layout_flag;
enum rw_kind layout_kind;
enum rw_internal_event layout_internal_event;
enum rw_exe_fact layout_exe_fact;
enum rw_layer layout_layer;

/* What user space and the programs tell each other; recordings hold none of it. */
struct rw_boot settings_boot;
struct rw_dispatch settings_dispatch;
struct rw_open_clause settings_open_clause;
struct rw_settings settings_settings;
struct rw_narrowed settings_narrowed;
struct rw_learnt settings_learnt;
enum rw_family settings_family;
enum rw_special settings_special;
enum rw_open_fact settings_open_fact;
enum rw_outcome settings_outcome;
