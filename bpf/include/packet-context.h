/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* A packet as programs on cgroups are given it (include/uapi/linux/bpf.h), and numbers of the network. */
#ifndef RW_PACKET_CONTEXT_H
#define RW_PACKET_CONTEXT_H

struct __sk_buff {
	__u32 len;
	__u32 pkt_type;
	__u32 mark;
	__u32 queue_mapping;
	__u32 protocol;
	__u32 vlan_present;
	__u32 vlan_tci;
	__u32 vlan_proto;
	__u32 priority;
	__u32 ingress_ifindex;
	__u32 ifindex;
	__u32 tc_index;
	__u32 cb[5];
	__u32 hash;
	__u32 tc_classid;
	__u32 data;
	__u32 data_end;
	__u32 napi_id;
	__u32 family;
	__u32 remote_ip4;
	__u32 local_ip4;
	__u32 remote_ip6[4];
	__u32 local_ip6[4];
	__u32 remote_port;
	__u32 local_port;
	__u32 data_meta;
	__u64 flow_keys;
	__u64 tstamp;
	__u32 wire_len;
	__u32 gso_segs;
	struct bpf_sock *sk __attribute__((aligned(8)));
};

enum {
	AF_UNIX = 1,
	AF_INET = 2,
	AF_INET6 = 10,
	SOCK_RAW = 3,
	PROTO_ICMP = 1,
	PROTO_TCP = 6,
	PROTO_UDP = 17,
	PROTO_FRAGMENT = 44,
	PROTO_ICMPV6 = 58,
	PROTO_SCTP = 132,
	PROTO_UDPLITE = 136,
	ETHERTYPE_IPV4 = 0x0800,
	ETHERTYPE_IPV6 = 0x86dd,
	SOCK_BINDPORT_LOCK = 8,
	PORT_DNS = 53,
	STORAGE_CREATE = 1, /* BPF_SK_STORAGE_GET_F_CREATE */
	NO_WAKEUP = BPF_RB_NO_WAKEUP,
};

/* include/net/tcp_states.h */
enum {
	STATE_ESTABLISHED = 1,
	STATE_SYN_SENT = 2,
	STATE_SYN_RECV = 3,
	STATE_CLOSE = 7,
	STATE_CLOSE_WAIT = 8,
	STATE_LISTEN = 10,
};

/* errno */
enum {
	ERR_PIPE = 32,
	ERR_NETUNREACH = 101,
	ERR_CONNRESET = 104,
	ERR_TIMEDOUT = 110,
	ERR_CONNREFUSED = 111,
	ERR_HOSTUNREACH = 113,
};

#endif
