/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/peers.h"

#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"

#define CHUNK 65536

/* A line of @len bytes with a newline: an answer, or a call. */
static char *line_new(size_t len, const char *middle, const char *tail)
{
	char *s = malloc(len + 1);
	size_t n;

	if (!s)
		exit(1);
	n = (size_t)snprintf(s, len, HEAD "%d%s", ID_FIRST, middle);
	memset(s + n, 'x', len - n);
	memcpy(s + len - strlen(tail), tail, strlen(tail) + 1);
	return s;
}

char *call_new(size_t len)
{
	return line_new(len,
		",\"method\":\"tools/call\",\"params\":{\"name\":\"read_file\","
		"\"arguments\":{\"path\":\"",
		"\"}}}\n");
}

void serve(int in, int out, const struct load *l)
{
	static char bytes[CHUNK], list[] = LIST_ANSWER;
	char *answer = line_new(l->size, l->middle, "\"}]}}\n"), id[ID_LEN];
	bool lists = false;
	size_t at = 0;

	for (;;) {
		ssize_t n = read(in, bytes, sizeof(bytes));

		if (n <= 0)
			_exit(0);
		for (ssize_t i = 0; i < n; i++, at++) {
			if (at >= ID_AT && at < ID_AT + ID_LEN)
				id[at - ID_AT] = bytes[i];
			if (at == WHICH_AT)
				lists = bytes[i] == 'l';
			if (bytes[i] != '\n')
				continue;
			memcpy((lists ? list : answer) + ID_AT, id, ID_LEN);
			if (fd_write_all(out, lists ? list : answer,
				    lists ? sizeof(list) - 1 : l->size) < 0)
				_exit(0);
			at = (size_t)-1;
		}
	}
}

static bool pass(int from, int to)
{
	static char bytes[CHUNK];
	ssize_t n = read(from, bytes, sizeof(bytes));

	return n > 0 && fd_write_all(to, bytes, (size_t)n) == 0;
}

void plain(int client_in, int client_out, int server_in, int server_out)
{
	struct pollfd p[] = {{.fd = client_in, .events = POLLIN},
		{.fd = server_out, .events = POLLIN}};

	for (;;) {
		if (poll(p, 2, -1) < 0)
			_exit(1);
		if (p[0].revents && !pass(client_in, server_in))
			_exit(0);
		if (p[1].revents && !pass(server_out, client_out))
			_exit(0);
	}
}
