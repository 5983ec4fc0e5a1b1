/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/file.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"

/* O_NONBLOCK: a FIFO planted under the name must not hold the start up. */
static int file_open(const char *path, size_t *ret_size)
{
	_close_ int fd = -1;
	struct stat st;

	if (!path)
		return -ENOENT;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	*ret_size = (size_t)st.st_size;
	return take_fd(&fd);
}

int file_read(
	const char *path, size_t max_bytes, char **ret_text, size_t *ret_len)
{
	_free_ char *text = NULL;
	_close_ int fd = -1;
	size_t size = 0;
	ssize_t n;

	fd = file_open(path, &size);
	if (fd < 0)
		return fd;
	if (size > max_bytes)
		return -EFBIG;
	text = malloc(size + 1);
	if (!text)
		return -ENOMEM;
	n = fd_read_all(fd, text, size);
	if (n < 0)
		return (int)n;
	text[n] = '\0';
	*ret_text = take_ptr(text);
	if (ret_len)
		*ret_len = (size_t)n;
	return 0;
}

int file_head(const char *path, char *bytes, size_t size)
{
	_close_ int fd = -1;
	size_t whole = 0;

	fd = file_open(path, &whole);
	if (fd < 0)
		return fd;
	return (int)fd_read_all(fd, bytes, size);
}

json_t *file_json(const char *path)
{
	_free_ char *text = NULL;
	_json_ json_t *j = NULL;
	json_error_t error;
	size_t n = 0;

	if (file_read(path, FILE_MAX_BYTES, &text, &n) < 0)
		return NULL;
	j = json_loadb(text, n, 0, &error);
	return json_is_object(j) ? take_ptr(j) : NULL;
}

char *file_next_line(char **text)
{
	char *line = *text, *end;
	size_t n;

	if (!line || !*line)
		return NULL;
	end = strchr(line, '\n');
	if (end)
		*end = '\0';
	n = strlen(line);
	*text = end ? end + 1 : line + n;
	if (n && line[n - 1] == '\r')
		line[n - 1] = '\0';
	return line;
}

char *file_next_trimmed(char **text)
{
	char *line = file_next_line(text);
	size_t n;

	if (!line)
		return NULL;
	line += strspn(line, " \t");
	n = strlen(line);
	while (n && (line[n - 1] == ' ' || line[n - 1] == '\t'))
		line[--n] = '\0';
	return line;
}
