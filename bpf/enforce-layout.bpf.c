// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
/* Instantiates every contract type of enforcement so that its layout reaches this object's BTF. Never loaded. */
#include "include/policy.h"

struct rw_choice enforce_choice;
struct rw_section_rules enforce_section_rules;
struct rw_set enforce_set;
struct rw_cell enforce_cell;
struct rw_rule enforce_rule;
struct rw_network_rule enforce_network_rule;
struct rw_network_range enforce_network_range;
struct rw_socket enforce_socket;
struct rw_exchange_key enforce_exchange_key;
struct rw_exchange enforce_exchange;
struct rw_name_key enforce_name_key;
struct rw_name_patterns enforce_name_patterns;
struct rw_told_key enforce_told_key;
struct rw_told enforce_told;
struct rw_refusal enforce_refusal;
struct rw_denied_socket enforce_denied_socket;
enum rw_socket_role enforce_socket_role;
struct rw_line_count enforce_line_count;
struct rw_binding enforce_binding;
struct rw_place enforce_place;
struct rw_file_key enforce_file_key;
struct rw_digest enforce_digest;
struct rw_asked enforce_asked;
struct rw_named_file enforce_named_file;
struct rw_member enforce_member;
struct rw_verdict enforce_verdict;
struct rw_enforce_boot enforce_boot;
enum rw_section enforce_section;
enum rw_operation enforce_operation;
enum rw_evaluation enforce_evaluation;
enum rw_section_flag enforce_section_flag;
enum rw_rule_flag enforce_rule_flag;
enum rw_network_operation enforce_network_operation;
enum rw_network_family enforce_network_family;
enum rw_network_protocol enforce_network_protocol;
enum rw_handle enforce_handle;
enum rw_privilege enforce_privilege;
enum rw_member_flag enforce_member_flag;
enum rw_outcome_of_verdict enforce_outcome;
enum rw_mechanism enforce_mechanism;
enum rw_verdict_flag enforce_verdict_flag;
