/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets by path and by name, and the network. */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "probe/act.h"

#define CONNECT_MS 500

struct address {
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
		struct sockaddr_un path;
	};
	socklen_t len;
};

/* "ADDRESS PORT", of either family. */
static bool address_parse(const char *text, struct address *ret)
{
	const char *space = strchr(text, ' ');
	unsigned long port = space ? strtoul(space + 1, NULL, 10) : 0;
	char host[64] = "";

	*ret = (struct address){0};
	if (!space || (size_t)(space - text) >= sizeof(host) ||
		port > UINT16_MAX)
		return false;
	memcpy(host, text, (size_t)(space - text));
	if (inet_pton(AF_INET, host, &ret->v4.sin_addr) == 1) {
		ret->v4.sin_family = AF_INET;
		ret->v4.sin_port = htons((uint16_t)port);
		ret->len = sizeof(ret->v4);
		return true;
	}
	if (inet_pton(AF_INET6, host, &ret->v6.sin6_addr) != 1)
		return false;
	ret->v6.sin6_family = AF_INET6;
	ret->v6.sin6_port = htons((uint16_t)port);
	ret->len = sizeof(ret->v6);
	return true;
}

/* 0, or -errno; never longer than CONNECT_MS. */
static long connect_to(int fd, const struct address *a)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};
	socklen_t len = sizeof(int);
	int error = 0;

	if (connect(fd, &a->any, a->len) == 0)
		return 0;
	if (errno != EINPROGRESS && errno != EAGAIN)
		return -errno;
	if (poll(&p, 1, CONNECT_MS) != 1)
		return -ETIMEDOUT;
	(void)getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
	return -error;
}

static long reach(const struct address *a, int type)
{
	_close_ int fd = socket(
		a->any.sa_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	return fd < 0 ? -errno : connect_to(fd, a);
}

static void act_tcp(const char *arg, const char *nonce, struct act_result *ret)
{
	struct address a;

	(void)nonce;
	ret->r = address_parse(arg, &a) ? reach(&a, SOCK_STREAM) : -EINVAL;
}

/* The same, and says who it is: to a listener that was made for it. */
static void act_greet(
	const char *arg, const char *nonce, struct act_result *ret)
{
	_close_ int fd = -1;
	struct address a;

	ret->r = -EINVAL;
	if (!address_parse(arg, &a))
		return;
	fd = socket(a.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ret->r = fd < 0 ? -errno : connect_to(fd, &a);
	if (ret->r == 0 && send(fd, nonce, strlen(nonce), MSG_NOSIGNAL) < 0)
		ret->r = -errno;
}

/* No packet goes out: the kernel says whether there is a way. */
static void act_route(
	const char *arg, const char *nonce, struct act_result *ret)
{
	struct address a;

	(void)nonce;
	ret->r = address_parse(arg, &a) ? reach(&a, SOCK_DGRAM) : -EINVAL;
}

static long send_to(
	const struct address *a, const void *bytes, size_t n, bool answer)
{
	_close_ int fd = socket(a->any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char got[512];

	if (fd < 0 || connect(fd, &a->any, a->len) < 0 ||
		send(fd, bytes, n, MSG_NOSIGNAL) < 0)
		return -errno;
	if (!answer)
		return 0;
	if (poll(&p, 1, CONNECT_MS) != 1)
		return -ETIMEDOUT;
	return recv(fd, got, sizeof(got), 0) < 0 ? -errno : 0;
}

static void act_udp(const char *arg, const char *nonce, struct act_result *ret)
{
	struct address a;

	ret->r = address_parse(arg, &a)
			 ? send_to(&a, nonce, strlen(nonce), false)
			 : -EINVAL;
}

/* Asks a name server for "localhost", and waits for any answer. */
static void act_dns(const char *arg, const char *nonce, struct act_result *ret)
{
	static const unsigned char question[] =
		"\x12\x34\x01\0\0\1\0\0\0\0\0\0\x09localhost\0\0\1\0";
	struct address a;

	(void)nonce;
	ret->r = address_parse(arg, &a)
			 ? send_to(&a, question, sizeof(question), true)
			 : -EINVAL;
}

/* A path, or '@' and an abstract name. */
static void act_unix(const char *arg, const char *nonce, struct act_result *ret)
{
	struct address a = {.path = {.sun_family = AF_UNIX}};
	size_t n = strlen(arg);

	(void)nonce;
	if (n >= sizeof(a.path.sun_path)) {
		ret->r = -ENAMETOOLONG;
		return;
	}
	memcpy(a.path.sun_path, arg, n);
	if (arg[0] == '@')
		a.path.sun_path[0] = '\0';
	a.len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n +
			    (arg[0] == '@' ? 0 : 1));
	ret->r = reach(&a, SOCK_STREAM);
	if (ret->r == -EPROTOTYPE)
		ret->r = reach(&a, SOCK_DGRAM);
}

/* Any interface but the loopback. */
static void act_interfaces(
	const char *arg, const char *nonce, struct act_result *ret)
{
	char name[IF_NAMESIZE];

	(void)arg;
	(void)nonce;
	ret->r = -ENODEV;
	for (unsigned i = 1; i < 64; i++)
		if (if_indextoname(i, name) && strcmp(name, "lo") != 0)
			ret->r = 0;
}

static const struct act_row rows[] = {
	{"tcp", act_tcp},
	{"greet", act_greet},
	{"udp", act_udp},
	{"dns", act_dns},
	{"route", act_route},
	{"unix", act_unix},
	{"interfaces", act_interfaces},
};

const struct act_table network_acts = {rows, ELEMENTS(rows)};
