/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets by family, type and protocol. */
#include <linux/netlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "probe.h"

#define AREA "socket families"

static long make(const struct facts *f, const long *arg)
{
	(void)f;
	return probe_opened((int)syscall(
		SYS_socket, arg[0], arg[1] | SOCK_CLOEXEC, arg[2]));
}

static long make_pair(const struct facts *f, const long *arg)
{
	int fds[2];

	(void)f;
	return probe_result(
		syscall(SYS_socketpair, arg[0], arg[1], arg[2], fds));
}

/* Few kernels have them all; whether this one has is shown, not asked. */
#define FAMILY(name, family, type) \
	ACT("family_" name, make, "any", NULL, "EAFNOSUPPORT", family, type, 0)

static const struct probe rows[] = {
	ACT("unix_stream", make, "ok", NULL, "ok", AF_UNIX, SOCK_STREAM, 0),
	ACT("inet_tcp", make, "ok", NULL, "ok", AF_INET, SOCK_STREAM, 0),
	ACT("inet_udp", make, "ok", NULL, "ok", AF_INET, SOCK_DGRAM, 0),
	ACT("netlink_route", make, "ok", NULL, "ok", AF_NETLINK, SOCK_RAW,
		NETLINK_ROUTE),
	ACT("inet_raw", make, "ok", "EPERM", "EPROTONOSUPPORT", AF_INET,
		SOCK_RAW, IPPROTO_RAW),
	ACT("inet6_raw", make, "ok EAFNOSUPPORT", "EPERM EAFNOSUPPORT",
		"EPROTONOSUPPORT", AF_INET6, SOCK_RAW, IPPROTO_RAW),
	ACT("inet_raw_icmp", make, "ok", "EPERM", "EPROTONOSUPPORT", AF_INET,
		SOCK_RAW, IPPROTO_ICMP),
	ACT("inet_ping", make, "ok EACCES", NULL, "EPROTONOSUPPORT", AF_INET,
		SOCK_DGRAM, IPPROTO_ICMP),
	ACT("inet_packet", make, "any", NULL, "EPROTONOSUPPORT", AF_INET,
		SOCK_PACKET, 3),
	ACT("inet_mptcp", make, "any", NULL, "EPROTONOSUPPORT", AF_INET,
		SOCK_STREAM, 262),
	ACT("inet_sctp", make, "any", NULL, "EPROTONOSUPPORT", AF_INET,
		SOCK_SEQPACKET, IPPROTO_SCTP),
	ACT("inet_udplite", make, "any", NULL, "EPROTONOSUPPORT", AF_INET,
		SOCK_DGRAM, IPPROTO_UDPLITE),
	ACT("inet_dccp", make, "any", NULL, "EPROTONOSUPPORT", AF_INET,
		SOCK_DCCP, IPPROTO_DCCP),
	ACT("netlink_uevent", make, "ok", NULL, "EPROTONOSUPPORT", AF_NETLINK,
		SOCK_RAW, NETLINK_KOBJECT_UEVENT),
	ACT("netlink_netfilter", make, "any", NULL, "EPROTONOSUPPORT",
		AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER),
	ACT("netlink_audit", make, "any", NULL, "EPROTONOSUPPORT", AF_NETLINK,
		SOCK_RAW, NETLINK_AUDIT),
	ACT("netlink_generic", make, "ok", NULL, "EPROTONOSUPPORT", AF_NETLINK,
		SOCK_RAW, NETLINK_GENERIC),
	ACT("netlink_sock_diag", make, "any", NULL, "EPROTONOSUPPORT",
		AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG),
	ACT("netlink_crypto", make, "any", NULL, "EPROTONOSUPPORT", AF_NETLINK,
		SOCK_RAW, NETLINK_CRYPTO),
	ACT("packet", make, "ok EAFNOSUPPORT", "EPERM EAFNOSUPPORT",
		"EAFNOSUPPORT", AF_PACKET, SOCK_RAW, 0x300),
	FAMILY("ax25", AF_AX25, SOCK_DGRAM),
	FAMILY("ipx", AF_IPX, SOCK_DGRAM),
	FAMILY("appletalk", AF_APPLETALK, SOCK_DGRAM),
	FAMILY("netrom", AF_NETROM, SOCK_SEQPACKET),
	FAMILY("bridge", AF_BRIDGE, SOCK_DGRAM),
	FAMILY("atmpvc", AF_ATMPVC, SOCK_DGRAM),
	FAMILY("x25", AF_X25, SOCK_SEQPACKET),
	FAMILY("rose", AF_ROSE, SOCK_SEQPACKET),
	FAMILY("key", AF_KEY, SOCK_RAW),
	FAMILY("atmsvc", AF_ATMSVC, SOCK_DGRAM),
	FAMILY("rds", AF_RDS, SOCK_SEQPACKET),
	FAMILY("pppox", AF_PPPOX, SOCK_STREAM),
	FAMILY("llc", AF_LLC, SOCK_DGRAM),
	FAMILY("infiniband", AF_IB, SOCK_DGRAM),
	FAMILY("mpls", AF_MPLS, SOCK_DGRAM),
	FAMILY("can", AF_CAN, SOCK_RAW),
	FAMILY("tipc", AF_TIPC, SOCK_RDM),
	FAMILY("bluetooth", AF_BLUETOOTH, SOCK_RAW),
	FAMILY("rxrpc", AF_RXRPC, SOCK_DGRAM),
	FAMILY("isdn", AF_ISDN, SOCK_RAW),
	FAMILY("phonet", AF_PHONET, SOCK_DGRAM),
	FAMILY("ieee802154", AF_IEEE802154, SOCK_DGRAM),
	FAMILY("caif", AF_CAIF, SOCK_STREAM),
	FAMILY("alg", AF_ALG, SOCK_SEQPACKET),
	FAMILY("nfc", AF_NFC, SOCK_RAW),
	FAMILY("vsock", AF_VSOCK, SOCK_STREAM),
	FAMILY("kcm", AF_KCM, SOCK_DGRAM),
	FAMILY("qipcrtr", AF_QIPCRTR, SOCK_DGRAM),
	FAMILY("smc", AF_SMC, SOCK_STREAM),
	FAMILY("xdp", AF_XDP, SOCK_RAW),
	FAMILY("mctp", 45, SOCK_DGRAM),
	FAMILY("number_200", 200, SOCK_DGRAM),
	ACT("pair_unix", make_pair, "ok", NULL, "ok", AF_UNIX, SOCK_STREAM, 0),
	ACT("pair_tipc", make_pair, "any", NULL, "EAFNOSUPPORT EPERM", AF_TIPC,
		SOCK_STREAM, 0),
};
const struct probe_table socket_probes = {rows, ELEMENTS(rows)};
