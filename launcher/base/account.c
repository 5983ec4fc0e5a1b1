/* SPDX-License-Identifier: Apache-2.0 */
#include "base/account.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "base/digits.h"
#include "base/fd.h"

#define FILE_MAX (16U << 20)
#define GETENT "/usr/bin/getent"
#define GETENT_MS 5000
#define GETENT_UNKNOWN 2 /* its exit status, getent(1) */
#define ANSWER_MAX 65536

void account_deinit(struct account *a)
{
	free(a->name);
	free(a->home);
	*a = (struct account){0};
}

/* Field @n of a line that ends at @end; false if there are fewer. */
static bool field(const char *line, const char *end, int n, const char **ret,
	size_t *ret_n)
{
	for (; n > 0; n--) {
		line = memchr(line, ':', (size_t)(end - line));
		if (!line)
			return false;
		line++;
	}
	*ret = line;
	*ret_n = (size_t)(end - line);
	line = memchr(line, ':', *ret_n);
	if (line)
		*ret_n = (size_t)(line - *ret);
	return true;
}

/* name:password:uid:gid:gecos:home:shell */
static bool line_is(const char *line, const char *end, uint32_t uid)
{
	const char *text;
	uint64_t value;
	size_t n;

	/* Lines of "compat" begin with a sign and name no user. */
	return line < end && *line != '+' && *line != '-' && *line != ':' &&
	       field(line, end, 2, &text, &n) &&
	       digits_take(&text, 10, &value) && *text == ':' && value == uid;
}

static int line_take(const char *line, const char *end, struct account *ret)
{
	const char *name, *home;
	size_t name_n, home_n;

	if (!field(line, end, 0, &name, &name_n) ||
		!field(line, end, 5, &home, &home_n))
		return 1;
	ret->name = strndup(name, name_n);
	ret->home = strndup(home, home_n);
	if (ret->name && ret->home)
		return 0;
	account_deinit(ret);
	return -ENOMEM;
}

int account_parse(const char *text, uint32_t uid, struct account *ret)
{
	*ret = (struct account){0};
	for (const char *end; *text; text = *end ? end + 1 : end) {
		end = text + strcspn(text, "\n");
		if (line_is(text, end, uid))
			return line_take(text, end, ret);
	}
	return 1;
}

bool account_elsewhere(void)
{
	_free_ char *text = NULL;
	char *line, *save = NULL;

	if (fd_read_file(-1, "/etc/nsswitch.conf", 65536, &text, NULL) < 0)
		return false;
	line = strncmp(text, "passwd:", 7) == 0 ? text
						: strstr(text, "\npasswd:");
	if (!line)
		return false;
	line = strchr(line, ':') + 1;
	line[strcspn(line, "\n#")] = '\0';
	for (const char *word = strtok_r(line, " \t", &save); word;
		word = strtok_r(NULL, " \t", &save))
		if (strcmp(word, "files") != 0 &&
			strcmp(word, "systemd") != 0 &&
			strcmp(word, "compat") != 0 && word[0] != '[')
			return true;
	return false;
}

static int getent_spawn(
	const char *database, uint32_t id, int out, pid_t *ret_pid)
{
	char program[] = "getent", name[16], key[16];
	char *argv[] = {program, name, key, NULL}, *env[] = {NULL};
	posix_spawn_file_actions_t actions;
	int r = posix_spawn_file_actions_init(&actions);

	if (r != 0)
		return -r;
	(void)snprintf(name, sizeof(name), "%s", database);
	(void)snprintf(key, sizeof(key), "%u", id);
	r = posix_spawn_file_actions_addopen(
		&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (r == 0)
		r = posix_spawn_file_actions_addopen(
			&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(
			&actions, out, STDOUT_FILENO);
	if (r == 0)
		r = posix_spawn(ret_pid, GETENT, &actions, NULL, argv, env);
	(void)posix_spawn_file_actions_destroy(&actions);
	return -r;
}

/* All that it says; -ETIMEDOUT if a directory does not answer. */
static int getent_listen(int fd, char answer[static ANSWER_MAX])
{
	const uint64_t until = clock_mono_ms() + GETENT_MS;
	size_t len = 0;

	for (;;) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		uint64_t now = clock_mono_ms();
		ssize_t n;

		if (now >= until || len == ANSWER_MAX - 1)
			return now >= until ? -ETIMEDOUT : -EFBIG;
		if (poll(&p, 1, (int)(until - now)) <= 0)
			continue;
		n = read(fd, answer + len, ANSWER_MAX - 1 - len);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0)
			break;
		len += n > 0 ? (size_t)n : 0;
	}
	answer[len] = '\0';
	return 0;
}

/* 0 with what getent printed, 1 when it knows none, or -errno. */
static int getent_ask(
	const char *database, uint32_t id, char answer[static ANSWER_MAX])
{
	_close_ int in = -1;
	pid_t pid = -1;
	int p[2], status, r;

	if (pipe2(p, O_CLOEXEC) < 0)
		return -errno;
	in = p[0];
	r = getent_spawn(database, id, p[1], &pid);
	(void)close(p[1]);
	if (r < 0)
		return r;
	r = getent_listen(in, answer);
	if (r < 0)
		(void)kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	if (r < 0)
		return r;
	if (WIFEXITED(status) && WEXITSTATUS(status) == GETENT_UNKNOWN)
		return 1;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EIO;
}

int account_has(const char *database, uint32_t id)
{
	_free_ char *answer = calloc(1, ANSWER_MAX);
	int r = answer ? getent_ask(database, id, answer) : -ENOMEM;

	return r < 0 ? r : r == 0;
}

int account_find(uint32_t uid, struct account *ret)
{
	_free_ char *text = NULL, *answer = NULL;
	int r = fd_read_file(-1, "/etc/passwd", FILE_MAX, &text, NULL);

	*ret = (struct account){0};
	if (r == 0)
		r = account_parse(text, uid, ret);
	if (r == 0 || !account_elsewhere())
		return r;
	answer = calloc(1, ANSWER_MAX);
	r = answer ? getent_ask("passwd", uid, answer) : -ENOMEM;
	return r == 0 ? account_parse(answer, uid, ret) : r;
}
