/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small MCP server for the tests: legacy and 2026-07-28, its tools each do
 * one thing that a wrapper has to cope with. It runs bare or wrapped, trusts
 * its client, and ends with status 0 at end of file.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <netdb.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MODERN "2026-07-28"
#define META_VERSION "io.modelcontextprotocol/protocolVersion"

struct tool {
	const char *name;
	const char *about;
	const char *arguments;              /* names: "s:path i:bytes" */
	json_t *(*call)(json_t *arguments); /* a new result */
};

static json_t *text_result(bool error, const char *text)
{
	return json_pack("{s:[{s:s,s:s%}],s:b}", "content", "type", "text",
		"text", text, strlen(text), "isError", error);
}

static json_t *errno_result(const char *what)
{
	char line[512];

	(void)snprintf(line, sizeof(line), "%s: %s", what, strerror(errno));
	return text_result(true, line);
}

static const char *arg_text(json_t *arguments, const char *name)
{
	const char *s = json_string_value(json_object_get(arguments, name));

	return s ? s : "";
}

static size_t arg_size(json_t *arguments, const char *name)
{
	json_int_t i = json_integer_value(json_object_get(arguments, name));

	return i > 0 ? (size_t)i : 0;
}

/* A result of one content block whose @key holds @bytes times @fill. */
static json_t *long_result(
	const char *type, const char *key, char fill, size_t bytes)
{
	char *s = malloc(bytes + 1);
	json_t *block, *result;

	if (!s)
		return text_result(true, "no memory");
	memset(s, fill, bytes);
	block = json_pack("{s:s,s:s%}", "type", type, key, s, bytes);
	free(s);
	if (strcmp(type, "image") == 0)
		json_object_set_new(
			block, "mimeType", json_string("image/png"));
	result = json_pack("{s:[o]}", "content", block);
	return result;
}

static json_t *call_echo(json_t *arguments)
{
	return text_result(false, arg_text(arguments, "text"));
}

static json_t *call_add(json_t *arguments)
{
	json_int_t a = json_integer_value(json_object_get(arguments, "a"));
	json_int_t b = json_integer_value(json_object_get(arguments, "b"));
	char line[64];
	json_t *result;

	(void)snprintf(line, sizeof(line), "{\"sum\":%lld}",
		(long long)a + (long long)b);
	result = text_result(false, line);
	json_object_set_new(
		result, "structuredContent", json_pack("{s:I}", "sum", a + b));
	return result;
}

static json_t *call_big_text(json_t *arguments)
{
	return long_result("text", "text", 'x', arg_size(arguments, "bytes"));
}

static json_t *call_image(json_t *arguments)
{
	return long_result("image", "data", 'A', arg_size(arguments, "bytes"));
}

static json_t *call_sleep(json_t *arguments)
{
	size_t ms = arg_size(arguments, "ms");
	struct timespec t = {.tv_sec = (time_t)(ms / 1000),
		.tv_nsec = (long)(ms % 1000) * 1000000};

	while (nanosleep(&t, &t) < 0 && errno == EINTR)
		;
	return text_result(false, "slept");
}

static json_t *call_crash(json_t *arguments)
{
	(void)arguments;
	(void)raise(SIGSEGV);
	return text_result(true, "still here");
}

static json_t *call_exit(json_t *arguments)
{
	exit((int)arg_size(arguments, "status"));
}

static json_t *call_stderr(json_t *arguments)
{
	(void)fprintf(stderr, "%s\n", arg_text(arguments, "text"));
	return text_result(false, "said");
}

static json_t *call_noise(json_t *arguments)
{
	(void)printf("%s\n", arg_text(arguments, "text"));
	return text_result(false, "printed");
}

static json_t *call_read(json_t *arguments)
{
	char bytes[4096];
	const char *path = arg_text(arguments, "path");
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n;

	if (fd < 0)
		return errno_result(path);
	n = read(fd, bytes, sizeof(bytes) - 1);
	(void)close(fd);
	if (n < 0)
		return errno_result(path);
	bytes[n] = '\0';
	return text_result(false, bytes);
}

static json_t *call_write(json_t *arguments)
{
	const char *path = arg_text(arguments, "path");
	const char *text = arg_text(arguments, "text");
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	ssize_t n;

	if (fd < 0)
		return errno_result(path);
	n = write(fd, text, strlen(text));
	if (close(fd) < 0 || n < 0)
		return errno_result(path);
	return text_result(false, "written");
}

static json_t *call_list(json_t *arguments)
{
	const char *path = arg_text(arguments, "path");
	DIR *folder = opendir(path);
	json_t *names = json_array(), *result;
	struct dirent *entry;
	char *text;

	if (!folder) {
		json_decref(names);
		return errno_result(path);
	}
	while ((entry = readdir(folder)))
		json_array_append_new(names, json_string(entry->d_name));
	(void)closedir(folder);
	text = json_dumps(names, JSON_COMPACT);
	result = text_result(false, text ? text : "[]");
	free(text);
	json_decref(names);
	return result;
}

static int connect_to(const char *host, const char *port)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
	int r, fd;

	r = getaddrinfo(host, port, &hints, &found);
	if (r != 0) {
		if (r != EAI_SYSTEM)
			errno = EHOSTUNREACH;
		return -1;
	}
	fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	r = fd < 0 ? -1 : connect(fd, found->ai_addr, found->ai_addrlen);
	freeaddrinfo(found);
	if (fd >= 0 && r < 0)
		(void)close(fd);
	return r < 0 ? -1 : fd;
}

static json_t *call_connect(json_t *arguments)
{
	int fd = connect_to(
		arg_text(arguments, "host"), arg_text(arguments, "port"));

	if (fd < 0)
		return errno_result("connect");
	(void)close(fd);
	return text_result(false, "connected");
}

static json_t *call_environment(json_t *arguments)
{
	json_t *names = json_array(), *result;
	char *text;

	(void)arguments;
	for (char **e = environ; *e; e++)
		json_array_append_new(names, json_string(*e));
	text = json_dumps(names, JSON_COMPACT);
	result = text_result(false, text ? text : "[]");
	free(text);
	json_decref(names);
	return result;
}

static json_t *call_whoami(json_t *arguments)
{
	char line[4352], cwd[4096] = "";

	(void)arguments;
	if (!getcwd(cwd, sizeof(cwd)))
		return errno_result("getcwd");
	(void)snprintf(line, sizeof(line),
		"uid=%u gid=%u pid=%d ppid=%d sid=%d cwd=%s", getuid(),
		getgid(), getpid(), getppid(), getsid(0), cwd);
	return text_result(false, line);
}

static const struct tool tools[] = {
	{"echo", "Gives back its text.", "s:text", call_echo},
	{"add", "Adds; has structured content.", "i:a i:b", call_add},
	{"big_text", "Text of that many bytes.", "i:bytes", call_big_text},
	{"image", "An image of that many bytes.", "i:bytes", call_image},
	{"sleep", "Answers after a while.", "i:ms", call_sleep},
	{"crash", "Dies of SIGSEGV.", "", call_crash},
	{"exit", "Ends at once.", "i:status", call_exit},
	{"stderr", "Prints on standard error.", "s:text", call_stderr},
	{"noise", "Prints a line that is no message.", "s:text", call_noise},
	{"read", "The start of a file.", "s:path", call_read},
	{"write", "Writes a file.", "s:path s:text", call_write},
	{"list", "Names in a folder.", "s:path", call_list},
	{"connect", "A TCP connection.", "s:host s:port", call_connect},
	{"environment", "All variables.", "", call_environment},
	{"whoami", "Ids and folder.", "", call_whoami},
};

/* "s:path i:bytes" as a JSON Schema. */
static json_t *schema_make(const char *arguments)
{
	json_t *properties = json_object(), *required = json_array();
	const char *at = arguments;

	while (*at) {
		size_t len = strcspn(at, " ");

		json_array_append_new(required, json_stringn(at + 2, len - 2));
		json_object_setn_new(properties, at + 2, len - 2,
			json_pack("{s:s}", "type",
				at[0] == 'i' ? "integer" : "string"));
		at += len + strspn(at + len, " ");
	}
	return json_pack("{s:s,s:o,s:o}", "type", "object", "properties",
		properties, "required", required);
}

static json_t *tools_list(void)
{
	json_t *list = json_array();

	for (size_t i = 0; i < sizeof(tools) / sizeof(tools[0]); i++) {
		json_t *tool = json_pack("{s:s,s:s,s:o}", "name", tools[i].name,
			"description", tools[i].about, "inputSchema",
			schema_make(tools[i].arguments));

		if (strcmp(tools[i].name, "add") == 0)
			json_object_set_new(
				tool, "outputSchema", schema_make("i:sum"));
		json_array_append_new(list, tool);
	}
	return json_pack("{s:o}", "tools", list);
}

static json_t *error_make(int code, const char *text)
{
	return json_pack("{s:i,s:s}", "code", code, "message", text);
}

static json_t *tools_call(json_t *params, json_t **ret_error)
{
	const char *name = arg_text(params, "name");

	for (size_t i = 0; i < sizeof(tools) / sizeof(tools[0]); i++)
		if (strcmp(tools[i].name, name) == 0)
			return tools[i].call(
				json_object_get(params, "arguments"));
	*ret_error = error_make(-32602, "Unknown tool");
	return NULL;
}

static json_t *initialize(json_t *params)
{
	const char *version = arg_text(params, "protocolVersion");

	if (!version[0] || strcmp(version, MODERN) == 0)
		version = "2025-11-25";
	return json_pack("{s:s,s:{s:{}},s:{s:s,s:s}}", "protocolVersion",
		version, "capabilities", "tools", "serverInfo", "name", "tiny",
		"version", "1");
}

static json_t *discover(void)
{
	return json_pack("{s:[s,s],s:{s:{}},s:{s:s,s:s},s:i,s:s}",
		"supportedVersions", MODERN, "2025-11-25", "capabilities",
		"tools", "serverInfo", "name", "tiny", "version", "1", "ttlMs",
		0, "cacheScope", "private");
}

static json_t *dispatch(const char *method, json_t *params, json_t **ret_error)
{
	if (strcmp(method, "initialize") == 0)
		return initialize(params);
	if (strcmp(method, "server/discover") == 0)
		return discover();
	if (strcmp(method, "ping") == 0)
		return json_object();
	if (strcmp(method, "tools/list") == 0)
		return tools_list();
	if (strcmp(method, "tools/call") == 0)
		return tools_call(params, ret_error);
	*ret_error = error_make(-32601, "Method not found");
	return NULL;
}

static bool is_modern(json_t *params)
{
	json_t *meta = json_object_get(params, "_meta");

	return strcmp(arg_text(meta, META_VERSION), MODERN) == 0;
}

static void answer(json_t *request)
{
	json_t *id = json_object_get(request, "id");
	json_t *params = json_object_get(request, "params");
	json_t *error = NULL, *result, *reply;

	result = dispatch(arg_text(request, "method"), params, &error);
	if (result && is_modern(params)) {
		json_object_set_new(
			result, "resultType", json_string("complete"));
		if (json_object_get(result, "tools")) {
			json_object_set_new(result, "ttlMs", json_integer(0));
			json_object_set_new(
				result, "cacheScope", json_string("private"));
		}
	}
	reply = json_pack("{s:s,s:O,s:o}", "jsonrpc", "2.0", "id", id,
		error ? "error" : "result", error ? error : result);
	(void)json_dumpf(reply, stdout, JSON_COMPACT);
	(void)putchar('\n');
	(void)fflush(stdout);
	json_decref(reply);
}

int main(void)
{
	char *line = NULL;
	size_t room = 0;

	while (getline(&line, &room, stdin) >= 0) {
		json_t *request = json_loads(line, JSON_ALLOW_NUL, NULL);

		if (json_object_get(request, "id") &&
			json_object_get(request, "method"))
			answer(request);
		json_decref(request);
	}
	free(line);
	return 0;
}
