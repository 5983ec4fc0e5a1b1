/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/strv.h"
#include "probe/target.h"

#define SERVICES_MAX 8

/* A grant of the socket itself is one; of a folder it lies in it is not. */
static const struct plan_mount *socket_grant(
	const struct plan *p, const char *path)
{
	for (size_t i = 0; i < p->n_mounts; i++)
		if (p->mounts[i].kind == MOUNT_BIND &&
			strcmp(p->mounts[i].target, path) == 0)
			return &p->mounts[i];
	return NULL;
}

static int add_socket(const struct target *t, const char *what,
	const char *path, enum row_effect effect)
{
	const struct plan_mount *given = socket_grant(t->plan, path);
	struct probe_row *w;

	for (size_t i = 0; i < t->rows->n; i++)
		if (t->rows->v[i].path &&
			strncmp(t->rows->v[i].act, "unix:", 5) == 0 &&
			strcmp(t->rows->v[i].path, path) == 0)
			return 0;
	w = probe_row_add(t->rows, "sockets",
		probe_text("connect to %s, %s", what, path),
		probe_text("unix:%s", path));
	if (!w)
		return -ENOMEM;
	w->bare = true;
	w->effect = effect;
	w->must = effect != EFFECT_NONE;
	w->path = strdup(path);
	if (probe_grant(t->plan, path, false))
		w->hint = ", for it lies in a folder that is granted";
	w->granted = given ? probe_text("granted: %s", given->reason) : NULL;
	return w->path ? 0 : -ENOMEM;
}

/* What a variable of the caller's points to. */
static int add_variable(const struct target *t, const char *what,
	const char *name, const char *sub)
{
	const char *value = strv_env(t->caller, name);
	_free_ char *path = NULL;

	if (!value)
		return 0;
	if (strncmp(value, "unix:path=", 10) == 0)
		value += 10;
	if (value[0] != '/')
		return 0;
	path = probe_text("%.*s%s", (int)strcspn(value, ","), value, sub);
	return path ? add_socket(t, what, path, EFFECT_NONE) : -ENOMEM;
}

static int add_runtime_folder(const struct target *t)
{
	static const struct {
		const char *what, *name;
	} rows[] = {
		{"the user's bus", "bus"},
		{"the screen", "wayland-0"},
		{"sound", "pulse/native"},
		{"containers", "docker.sock"},
		{"containers", "podman/podman.sock"},
		{"keys", "gnupg/S.gpg-agent"},
		{"systemd", "systemd/private"},
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < ELEMENTS(rows); i++) {
		_free_ char *path = probe_text(
			"/run/user/%u/%s", (unsigned)getuid(), rows[i].name);

		r = path ? add_socket(t, rows[i].what, path, EFFECT_NONE)
			 : -ENOMEM;
	}
	return r;
}

int target_sockets(const struct target *t)
{
	static const struct {
		const char *what, *path;
	} rows[] = {
		{"the system's bus", "/run/dbus/system_bus_socket"},
		{"containers", "/run/docker.sock"},
		{"containers", "/run/podman/podman.sock"},
		{"containers", "/run/containerd/containerd.sock"},
		{"systemd", "/run/systemd/private"},
		{"the journal", "/run/systemd/journal/stdout"},
		{"the screen", "/tmp/.X11-unix/X0"},
		{"the screen", "@/tmp/.X11-unix/X0"},
	};
	int r = add_socket(t, "our own", t->world->socket, EFFECT_PATH);

	if (r == 0)
		r = add_socket(t, "our own, abstract", t->world->abstract,
			EFFECT_ABSTRACT);
	for (size_t i = 0; r == 0 && i < ELEMENTS(rows); i++)
		r = add_socket(t, rows[i].what, rows[i].path, EFFECT_NONE);
	if (r == 0)
		r = add_runtime_folder(t);
	if (r == 0)
		r = add_variable(t, "keys", "SSH_AUTH_SOCK", "");
	if (r == 0)
		r = add_variable(
			t, "the user's bus", "DBUS_SESSION_BUS_ADDRESS", "");
	return r;
}

static int add_address(const struct target *t, const char *what,
	const char *act, const char *address, int port, enum row_effect effect)
{
	struct probe_row *w = probe_row_add(t->rows, "network",
		probe_text("%s, %s port %d", what, address, port),
		probe_text("%s:%s %d", act, address, port));

	if (!w)
		return -ENOMEM;
	w->bare = true;
	w->effect = effect;
	w->must = effect != EFFECT_NONE;
	/* A datagram to nobody is sent all the same. */
	if (strcmp(act, "udp") == 0)
		w->kind = ROW_EFFECT;
	return 0;
}

/* The port of a line of /proc/net/tcp (proc(5)) whose socket listens, or 0. */
static unsigned long listening_port(const char *line)
{
	const char *local = strchr(line, ':'); /* "0: ADDRESS:PORT " */
	const char *port = local ? strchr(local + 1, ':') : NULL;
	const char *remote = port ? strchr(port + 1, ':') : NULL;
	const char *state = remote ? strchr(remote, ' ') : NULL;

	return state && strtoul(state, NULL, 16) == 10
		       ? strtoul(port + 1, NULL, 16)
		       : 0;
}

/* Who listens on this machine: a few, by their ports. */
static int add_services(const struct target *t)
{
	FILE *f = fopen("/proc/net/tcp", "re");
	char line[256];
	int r = 0, n = 0;

	while (r == 0 && f && n < SERVICES_MAX &&
		fgets(line, sizeof(line), f)) {
		int port = (int)listening_port(line);

		if (port == 0 || port == t->world->ports[0])
			continue;
		n++;
		r = add_address(t, "connect to a service of the host", "tcp",
			"127.0.0.1", port, EFFECT_NONE);
	}
	if (f)
		(void)fclose(f);
	return r;
}

static int add_name_servers(const struct target *t)
{
	FILE *f = fopen("/etc/resolv.conf", "re");
	char line[256], address[64];
	int r = 0;

	while (r == 0 && f && fgets(line, sizeof(line), f))
		if (sscanf(line, "nameserver %63[0-9a-fA-F.:]", address) == 1)
			r = add_address(t, "ask a name server", "dns", address,
				53, EFFECT_NONE);
	if (f)
		(void)fclose(f);
	return r;
}

int target_network(const struct target *t)
{
	const int *ports = t->world->ports;
	struct probe_row *w;
	int r = add_address(t, "connect to the host", "greet", "127.0.0.1",
		ports[0], EFFECT_TCP);

	if (r == 0 && ports[1])
		r = add_address(t, "connect to the host", "greet", "::1",
			ports[1], EFFECT_TCP6);
	if (r == 0)
		r = add_address(t, "send to the host", "udp", "127.0.0.1",
			ports[2], EFFECT_UDP);
	if (r == 0)
		r = add_services(t);
	if (r == 0)
		r = add_name_servers(t);
	/* Addresses that no machine has (RFC 5737, RFC 3849). */
	if (r == 0)
		r = add_address(t, "find a way to the network", "route",
			"192.0.2.1", 443, EFFECT_NONE);
	if (r == 0)
		r = add_address(t, "find a way to the network", "route",
			"2001:db8::1", 443, EFFECT_NONE);
	if (r < 0)
		return r;
	w = probe_row_add(t->rows, "network",
		strdup("find a network interface"), strdup("interfaces:"));
	return w ? 0 : -ENOMEM;
}
