/* SPDX-License-Identifier: Apache-2.0 */
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "relay/port.h"
#include "relaytest.h"

static void assert_blocking(int fd)
{
	assert_int_equal(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
}

/* An empty thing says so instead of blocking, and its flags stay. */
static void check_reader(int fd, int writer, enum port_kind kind)
{
	int shared = dup(fd);
	struct port p;
	char text[8];

	assert_int_equal(port_take_shared(&p, fd, O_RDONLY), 0);
	assert_int_equal(p.kind, kind);
	assert_int_equal(port_read(&p, text, sizeof(text)), -EAGAIN);
	assert_int_equal(write(writer, "ab\n", 3), 3);
	assert_int_equal(port_read(&p, text, sizeof(text)), 3);
	assert_memory_equal(text, "ab\n", 3);
	assert_int_equal(port_read(&p, text, sizeof(text)), -EAGAIN);
	assert_blocking(shared);
	port_close(&p);
	assert_int_equal(port_read(&p, text, sizeof(text)), 0);
	(void)close(shared);
	(void)close(writer);
}

/* A full thing says so instead of blocking. */
static void check_writer(int fd, int reader, enum port_kind kind)
{
	static char block[65536];
	int shared = dup(fd);
	struct pollfd room = {.fd = shared, .events = POLLOUT};
	struct port p;
	ssize_t n;

	assert_int_equal(port_take_shared(&p, fd, O_WRONLY), 0);
	assert_int_equal(p.kind, kind);
	do
		n = port_write(&p, block, sizeof(block));
	while (n > 0);
	assert_int_equal(n, -EAGAIN);
	/* A terminal hands its bytes on by and by: read until there is room. */
	do
		assert_true(read(reader, block, sizeof(block)) > 0);
	while (poll(&room, 1, 100) == 0);
	assert_true(port_write(&p, block, 128) > 0);
	assert_blocking(shared);
	port_close(&p);
	assert_int_equal(port_write(&p, block, 1), -EPIPE);
	(void)close(shared);
	(void)close(reader);
}

static void a_pipe_never_blocks(void **state)
{
	int p[2];

	(void)state;
	pipe_open(p, 0);
	check_reader(p[0], p[1], PORT_OWN);
	pipe_open(p, 0);
	check_writer(p[1], p[0], PORT_OWN);
}

static void a_socket_never_blocks(void **state)
{
	int p[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, p), 0);
	check_reader(p[0], p[1], PORT_SOCKET);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, p), 0);
	check_writer(p[1], p[0], PORT_SOCKET);
}

static void a_terminal_never_blocks(void **state)
{
	int master, slave;

	(void)state;
	assert_int_equal(openpty(&master, &slave, NULL, NULL, NULL), 0);
	check_reader(slave, master, PORT_OWN);
	assert_int_equal(openpty(&master, &slave, NULL, NULL, NULL), 0);
	check_writer(slave, master, PORT_OWN);
}

/* What a port is that could not be opened again: PORT_SHARED. */
static void a_shared_description_never_blocks(void **state)
{
	static char block[65536];
	char text[8];
	int p[2];
	struct port in, out;
	ssize_t n;

	(void)state;
	pipe_open(p, 0);
	in = (struct port){.fd = p[0], .kind = PORT_SHARED, .chunk = 4096};
	out = (struct port){.fd = p[1], .kind = PORT_SHARED, .chunk = 4096};
	assert_int_equal(port_read(&in, text, sizeof(text)), -EAGAIN);
	do {
		n = port_write(&out, block, sizeof(block));
		assert_true(n <= 4096);
	} while (n > 0);
	assert_int_equal(n, -EAGAIN);
	assert_int_equal(port_read(&in, text, sizeof(text)), sizeof(text));
	assert_blocking(p[1]);
	pipe_close(p);
}

static void a_file_keeps_its_place(void **state)
{
	FILE *f = tmpfile();
	int fd = dup(fileno(f));
	char text[16];
	struct port p;

	(void)state;
	assert_int_equal(write(fd, "before", 6), 6);
	assert_int_equal(port_take_shared(&p, fd, O_WRONLY), 0);
	assert_int_equal(p.kind, PORT_FILE);
	assert_int_equal(port_write(&p, "after", 5), 5);
	assert_int_equal(pread(fd, text, sizeof(text), 0), 11);
	assert_memory_equal(text, "beforeafter", 11);
	port_close(&p);
	(void)fclose(f);
}

static void a_writer_without_reader_is_told(void **state)
{
	struct port p;
	int q[2];

	(void)state;
	pipe_open(q, 0);
	assert_int_equal(port_take_shared(&p, q[1], O_WRONLY), 0);
	(void)close(q[0]);
	assert_int_equal(port_write(&p, "x", 1), -EPIPE);
	port_close(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pipe_never_blocks),
		cmocka_unit_test(a_socket_never_blocks),
		cmocka_unit_test(a_terminal_never_blocks),
		cmocka_unit_test(a_shared_description_never_blocks),
		cmocka_unit_test(a_file_keeps_its_place),
		cmocka_unit_test(a_writer_without_reader_is_told),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
