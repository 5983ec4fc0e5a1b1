/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What sits round the relay while it is measured: a client's calls, a server of
 * a few lines, and a process that only reads and writes.
 */
#pragma once

#include <stddef.h>

/* Ids have seven digits, so that both sides know where they stand. */
#define HEAD "{\"jsonrpc\":\"2.0\",\"id\":"
#define ID_AT (sizeof(HEAD) - 1)
#define ID_LEN 7
#define ID_FIRST 1000000
/* The first letter of "call" or "list". */
#define WHICH_AT (ID_AT + ID_LEN + sizeof(",\"method\":\"tools/") - 1)

#define LIST_CALL                                 \
	HEAD "1000000,\"method\":\"tools/list\"," \
	     "\"params\":{}}\n"
#define TOOL                                        \
	"{\"description\":\"Reads a file.\","       \
	"\"inputSchema\":{\"properties\":{"         \
	"\"path\":{\"type\":\"string\"}},\"type\":" \
	"\"object\"},\"name\":\"read_file\"}"
#define LIST_ANSWER HEAD "1000000,\"result\":{\"tools\":[" TOOL "]}}\n"

/* What the server answers with. */
struct load {
	const char *name, *middle;
	size_t size;
	int calls;
};

/* A call of @len bytes with its newline; ends the process where there is no
 * memory. */
char *call_new(size_t len);

/* Answers each call with a line as @l says, and each list with the tool. Ends
 * the process at the end of @in. */
void serve(int in, int out, const struct load *l);
/* Passes on whatever comes. Ends the process at the end of either. */
void plain(int client_in, int client_out, int server_in, int server_out);
