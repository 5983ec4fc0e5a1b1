/* SPDX-License-Identifier: Apache-2.0 */
/* Listeners of the outside, by every spelling of an address. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "probe.h"

#define AREA "network"

struct address {
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
		struct sockaddr_un local;
	} u;
	socklen_t len;
};

/* An address of digits, of either family, with the port of a fact. */
static long look_up(const struct facts *f, const char *digits,
	const char *port_fact, struct address *ret)
{
	long port = fact_number(f, port_fact);

	if (port < 0)
		port = 53;
	*ret = (struct address){0};
	if (inet_pton(AF_INET, digits, &ret->u.v4.sin_addr) == 1) {
		ret->u.v4.sin_family = AF_INET;
		ret->u.v4.sin_port = htons((uint16_t)port);
		ret->len = sizeof(ret->u.v4);
		return 0;
	}
	if (inet_pton(AF_INET6, digits, &ret->u.v6.sin6_addr) != 1)
		return -EDESTADDRREQ;
	ret->u.v6.sin6_family = AF_INET6;
	ret->u.v6.sin6_port = htons((uint16_t)port);
	ret->len = sizeof(ret->u.v6);
	return 0;
}

static int make_socket(const struct address *a, int type)
{
	const struct timeval patience = {.tv_sec = 3};
	int fd = socket(a->u.any.sa_family, type | SOCK_CLOEXEC, 0);

	if (fd >= 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
			sizeof(patience));
	return fd;
}

/* The listener answers with a byte to whoever reaches it. */
static long greeted(int fd)
{
	char byte;
	ssize_t n = recv(fd, &byte, 1, 0);

	return n < 0 ? -errno : n == 0 ? -ECONNRESET : 0;
}

static long tcp(const struct facts *f, const long *arg)
{
	struct address a;
	long r = look_up(f, (const char *)arg[0], (const char *)arg[1], &a);
	int fd;

	if (r < 0)
		return r;
	fd = make_socket(&a, SOCK_STREAM);
	if (fd < 0)
		return -errno;
	r = connect(fd, &a.u.any, a.len) < 0 ? -errno : greeted(fd);
	(void)close(fd);
	return r;
}

/* The first bytes go with the SYN: no connect(2) to be refused. */
static long fast_open(const struct facts *f, const long *arg)
{
	struct address a;
	long r = look_up(f, (const char *)arg[0], (const char *)arg[1], &a);
	int fd;

	if (r < 0)
		return r;
	fd = make_socket(&a, SOCK_STREAM);
	if (fd < 0)
		return -errno;
	r = sendto(fd, "x", 1, MSG_FASTOPEN | MSG_NOSIGNAL, &a.u.any, a.len) < 0
		    ? -errno
		    : greeted(fd);
	(void)close(fd);
	return r;
}

enum way { TO, CONNECTED, AFTER_UNSPEC, MANY };

static long udp_send(int fd, const struct address *a, enum way way)
{
	struct address own = {
		.u.any.sa_family = AF_UNSPEC, .len = sizeof(struct sockaddr)};
	union {
		struct address a;
		void *name;
	} name = {.a = *a};
	struct iovec byte = {(char[]){'x'}, 1};
	struct mmsghdr many[1] = {{.msg_hdr = {.msg_name = &name,
					   .msg_namelen = a->len,
					   .msg_iov = &byte,
					   .msg_iovlen = 1}}};

	switch (way) {
	case TO:
		return probe_result(sendto(fd, "x", 1, 0, &a->u.any, a->len));
	case MANY:
		return probe_result(sendmmsg(fd, many, ELEMENTS(many), 0));
	case AFTER_UNSPEC:
		/* Dissolves an association: a check of connect(2) alone is
		 * walked round. */
		if (connect(fd, &a->u.any, a->len) < 0 ||
			connect(fd, &own.u.any, own.len) < 0)
			return -errno;
		return probe_result(sendto(fd, "x", 1, 0, &a->u.any, a->len));
	case CONNECTED:
		if (connect(fd, &a->u.any, a->len) < 0)
			return -errno;
		return probe_result(send(fd, "x", 1, 0));
	}
	return -EINVAL;
}

static long udp(const struct facts *f, const long *arg)
{
	const int on = 1;
	struct address a;
	long r = look_up(f, (const char *)arg[0], (const char *)arg[1], &a);
	int fd;

	if (r < 0)
		return r;
	fd = make_socket(&a, SOCK_DGRAM);
	if (fd < 0)
		return -errno;
	/* So that a closed port is told of without connect(2). */
	(void)setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof(on));
	(void)setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof(on));
	r = udp_send(fd, &a, (enum way)arg[2]);
	if (r >= 0)
		r = greeted(fd);
	(void)close(fd);
	return r;
}

/* UDP's connect sends nothing; it asks for a route. */
static long route_to(const struct facts *f, const long *arg)
{
	struct address a;
	long r = look_up(f, (const char *)arg[0], "none", &a);
	int fd;

	if (r < 0)
		return r;
	fd = make_socket(&a, SOCK_DGRAM);
	if (fd < 0)
		return -errno;
	r = probe_result(connect(fd, &a.u.any, a.len));
	(void)close(fd);
	return r;
}

static long unix_socket(const struct facts *f, const long *arg)
{
	const char *name = fact_text(f, (const char *)arg[0]);
	struct address a = {.u.local.sun_family = AF_UNIX};
	size_t at = arg[1] ? 1 : 0; /* abstract */
	int fd, type = (int)arg[2];
	long r;

	if (!name || strlen(name) + at >= sizeof(a.u.local.sun_path))
		return -ENODATA;
	memcpy(a.u.local.sun_path + at, name, strlen(name));
	a.len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + at +
			    strlen(name));
	fd = make_socket(&a, type);
	if (fd < 0)
		return -errno;
	if (type == SOCK_DGRAM)
		r = sendto(fd, "x", 1, 0, &a.u.any, a.len) < 0 ? -errno : 0;
	else
		r = connect(fd, &a.u.any, a.len) < 0 ? -errno : greeted(fd);
	(void)close(fd);
	return r;
}

static long interfaces(const struct facts *f, const long *arg)
{
	struct if_nameindex *list = if_nameindex();
	long n = 0;

	(void)f;
	(void)arg;
	if (!list)
		return -errno;
	for (const struct if_nameindex *i = list; i->if_index; i++)
		n += strcmp(i->if_name, "lo") != 0;
	if_freenameindex(list);
	return n;
}

/* A second loopback address: the least change that asks for a privilege. */
static long add_address(const struct facts *f, const long *arg)
{
	struct ifreq ifr = {.ifr_name = "lo:9"};
	struct sockaddr_in in = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f090909)};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	long r;

	(void)f;
	(void)arg;
	if (fd < 0)
		return -errno;
	memcpy(&ifr.ifr_addr, &in, sizeof(in));
	r = probe_result(ioctl(fd, SIOCSIFADDR, &ifr));
	if (r == 0) {
		ifr.ifr_flags = 0; /* takes an alias away */
		(void)ioctl(fd, SIOCSIFFLAGS, &ifr);
	}
	(void)close(fd);
	return r;
}

/* A server of its own for itself: allowed, and heard by nobody else. */
static long own_loopback(const struct facts *f, const long *arg)
{
	struct address a;
	int fd, peer;
	long r = look_up(f, "127.0.0.1", "none", &a);

	(void)arg;
	fd = make_socket(&a, SOCK_STREAM);
	peer = make_socket(&a, SOCK_STREAM);
	a.u.v4.sin_port = 0;
	if (r < 0 || bind(fd, &a.u.any, a.len) < 0 || listen(fd, 1) < 0 ||
		getsockname(fd, &a.u.any, &a.len) < 0 ||
		connect(peer, &a.u.any, a.len) < 0)
		r = -errno;
	(void)close(fd);
	(void)close(peer);
	return r;
}

static long device_binding(const struct facts *f, const long *arg)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), on = 1;
	long r;

	(void)f;
	if (fd < 0)
		return -errno;
	r = probe_result(
		setsockopt(fd, (int)arg[0], (int)arg[1], &on, sizeof(on)));
	(void)close(fd);
	return r;
}

#define TCP(name, address, fact)                                            \
	ACT("tcp_" name, tcp, "ok", NULL, "ECONNREFUSED", POINTER(address), \
		POINTER(fact))
#define UDP(name, address, fact, way)                                       \
	ACT("udp_" name, udp, "ok", NULL, "ECONNREFUSED", POINTER(address), \
		POINTER(fact), way)
#define NO_ROUTE(name, address)                   \
	ACT("route_" name, route_to, "any", NULL, \
		"ENETUNREACH EADDRNOTAVAIL EACCES", POINTER(address))

static const struct probe rows[] = {
	TCP("loopback", "127.0.0.1", "tcp4"),
	TCP("loopback_other", "127.7.8.9", "tcp4"),
	TCP("any_address", "0.0.0.0", "tcp4"),
	TCP("v6", "::1", "tcp6"),
	TCP("v6_any_address", "::", "tcp6"),
	TCP("v6_mapped", "::ffff:127.0.0.1", "tcp4"),
	TCP("v6_mapped_any", "::ffff:0.0.0.0", "tcp4"),
	ACT("tcp_fast_open", fast_open, "ok", NULL, "ECONNREFUSED",
		POINTER("127.0.0.1"), POINTER("tcp4")),
	ACT("tcp_fast_open_v6", fast_open, "ok", NULL, "ECONNREFUSED",
		POINTER("::1"), POINTER("tcp6")),
	UDP("sendto", "127.0.0.1", "udp4", TO),
	UDP("sendto_any_address", "0.0.0.0", "udp4", TO),
	UDP("sendto_v6", "::1", "udp6", TO),
	UDP("sendto_v6_mapped", "::ffff:127.0.0.1", "udp4", TO),
	UDP("connected", "127.0.0.1", "udp4", CONNECTED),
	UDP("after_af_unspec", "127.0.0.1", "udp4", AFTER_UNSPEC),
	UDP("sendmmsg", "127.0.0.1", "udp4", MANY),
	UDP("sendmmsg_v6", "::1", "udp6", MANY),
	ACT("unix_abstract", unix_socket, "ok", NULL, "ECONNREFUSED EPERM",
		POINTER("abstract"), 1, SOCK_STREAM),
	ACT("unix_abstract_datagram", unix_socket, "ok", NULL,
		"ECONNREFUSED EPERM", POINTER("abstract_dgram"), 1, SOCK_DGRAM),
	ACT("unix_path", unix_socket, "ok", NULL, "ENOENT", POINTER("path"), 0,
		SOCK_STREAM),
	ACT("unix_path_datagram", unix_socket, "ok", NULL, "ENOENT",
		POINTER("path_dgram"), 0, SOCK_DGRAM),
	/* Documentation addresses, a resolver, the clouds' metadata. */
	NO_ROUTE("test_net", "192.0.2.1"),
	NO_ROUTE("resolver", "9.9.9.9"),
	NO_ROUTE("metadata", "169.254.169.254"),
	NO_ROUTE("private", "10.0.0.1"),
	NO_ROUTE("broadcast", "255.255.255.255"),
	NO_ROUTE("multicast", "224.0.0.251"),
	NO_ROUTE("v6_documentation", "2001:db8::1"),
	NO_ROUTE("v6_mapped", "::ffff:192.0.2.1"),
	NO_ROUTE("v6_metadata", "fd00:ec2::254"),
	ACT("interfaces_but_loopback", interfaces, "any", NULL, "ok", 0),
	ACT("add_an_address", add_address, "ok", "EPERM", "EPERM", 0),
	ACT("transparent_socket", device_binding, "ok", "EPERM", "EPERM",
		IPPROTO_IP, IP_TRANSPARENT),
	ACT("mark_packets", device_binding, "ok", "EPERM", "EPERM", SOL_SOCKET,
		SO_MARK),
	ACT("server_of_its_own", own_loopback, "ok", NULL, "ok", 0),
};
const struct probe_table network_probes = {rows, ELEMENTS(rows)};
