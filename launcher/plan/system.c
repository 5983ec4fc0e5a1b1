/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "plan/build.h"

#define OUT_OF_MEMORY(e) err_set((e), -ENOMEM, "planning the mounts")

/* System folders: the host's, read-only, or the link that it is there. */
static const char *const system_folders[] = {
	"/usr",
	"/bin",
	"/sbin",
	"/lib",
	"/lib64",
	"/lib32",
	"/libx32",
};

/* Files and folders of the host's /etc that hold nothing of a user's. */
static const char *const etc_of_host[] = {
	"/etc/alternatives",
	"/etc/crypto-policies", /* what openssl.cnf includes on Fedora */
	"/etc/fonts",
	"/etc/java", /* without its security file no Java program starts */
	"/etc/java-11-openjdk",
	"/etc/java-17-openjdk",
	"/etc/java-21-openjdk",
	"/etc/java-25-openjdk",
	"/etc/java-8-openjdk",
	"/etc/ld.so.cache",
	"/etc/localtime",
	"/etc/mime.types",
	"/etc/os-release",
	"/etc/pki/tls/certs",
	"/etc/pki/ca-trust/extracted",
	"/etc/protocols",
	"/etc/services",
	"/etc/ssl/certs",
	"/etc/ssl/openssl.cnf",
};

static const char *const devices[] = {
	"/dev/full",
	"/dev/null",
	"/dev/random",
	"/dev/urandom",
	"/dev/zero",
};

struct link_row {
	const char *target, *content;
};

static const struct link_row links[] = {
	{"/dev/fd", "/proc/self/fd"},
	{"/dev/stderr", "/proc/self/fd/2"},
	{"/dev/stdin", "/proc/self/fd/0"},
	{"/dev/stdout", "/proc/self/fd/1"},
	{"/var/run", "/run"},
	{"/var/tmp", "/tmp"},
};

struct file_row {
	const char *target, *content;
};

/* The host's own would tell a server whom it runs beside, and name servers
 * that it cannot reach. */
static const struct file_row files[] = {
	{"/etc/host.conf", "multi on\n"},
	{"/etc/hosts", "127.0.0.1 localhost stockade\n"
		       "::1 localhost ip6-localhost ip6-loopback\n"},
	{"/etc/machine-id", "00000000000000000000000000000000\n"},
	{"/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n"
			       "services: files\nprotocols: files\n"},
	{"/etc/resolv.conf", "nameserver 127.0.0.1\n"},
};

static int add_content(struct plan *p, enum mount_kind kind, const char *target,
	const char *content, const char *reason, struct err *e)
{
	struct plan_mount *m = plan_mount_add(p, kind, target, NULL, reason);

	if (!m)
		return OUT_OF_MEMORY(e);
	m->content = strdup(content);
	return m->content ? 0 : OUT_OF_MEMORY(e);
}

/* A bind of the host's; what is not there is left out. A link into /usr stays
 * a link: time zones are read off its target. */
static int add_host(
	struct plan *p, const char *path, const char *reason, struct err *e)
{
	char real[PATH_MAX];
	struct plan_mount *m;
	struct stat st;

	if (lstat(path, &st) < 0 || !realpath(path, real) ||
		stat(real, &st) < 0)
		/* A link to nowhere is as good as none. */
		return errno == ENOENT || errno == ENOTDIR || errno == EACCES
			       ? 0
			       : err_set(e, -errno, "%s", path);
	if (strcmp(path, real) != 0 && path_inside(real, "/usr"))
		return add_content(p, MOUNT_LINK, path, real, reason, e);
	m = plan_mount_add(p, MOUNT_BIND, path, real, reason);
	if (!m)
		return OUT_OF_MEMORY(e);
	m->folder = S_ISDIR(st.st_mode);
	m->dev = st.st_dev;
	m->ino = st.st_ino;
	m->uid = st.st_uid;
	m->gid = st.st_gid;
	return 0;
}

/* /bin on a merged system is a link to usr/bin: keep it one. */
static int add_system_folder(struct plan *p, const char *path, struct err *e)
{
	char content[PATH_MAX];
	ssize_t n = readlink(path, content, sizeof(content) - 1);

	if (n > 0) {
		content[n] = '\0';
		return add_content(p, MOUNT_LINK, path, content,
			"programs and libraries of the system", e);
	}
	return add_host(p, path, "programs and libraries of the system", e);
}

static int add_tmpfs(
	struct plan *p, const char *target, const char *reason, struct err *e)
{
	struct plan_mount *m =
		plan_mount_add(p, MOUNT_TMPFS, target, NULL, reason);

	if (!m)
		return OUT_OF_MEMORY(e);
	m->write = true;
	m->noexec = true;
	m->folder = true;
	m->size = p->limits[LIMIT_TMP];
	m->inodes = p->limits[LIMIT_TMP_FILES];
	return 0;
}

static int add_accounts(struct plan *p, struct err *e)
{
	char text[PATH_MAX + 512];
	int r;

	(void)snprintf(text, sizeof(text),
		"%s:x:%d:%d::%s:/bin/sh\n"
		"nobody:x:65534:65534::/nonexistent:/usr/sbin/nologin\n",
		p->user, INSIDE_ID, INSIDE_ID, p->home);
	r = add_content(p, MOUNT_FILE, "/etc/passwd", text,
		"the server's user alone", e);
	if (r < 0)
		return r;
	(void)snprintf(text, sizeof(text), "%s:x:%d:\nnogroup:x:65534:\n",
		p->user, INSIDE_ID);
	return add_content(p, MOUNT_FILE, "/etc/group", text,
		"the server's group alone", e);
}

static int add_etc(struct plan *p, struct err *e)
{
	int r = add_accounts(p, e);

	for (size_t i = 0; r == 0 && i < ELEMENTS(files); i++)
		r = add_content(p, MOUNT_FILE, files[i].target,
			files[i].content, "made for the sandbox", e);
	for (size_t i = 0; r == 0 && i < ELEMENTS(etc_of_host); i++)
		r = add_host(p, etc_of_host[i], "the host's, read-only", e);
	return r;
}

static int add_dev(struct plan *p, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < ELEMENTS(devices); i++) {
		struct plan_mount *m;
		struct stat st;

		if (stat(devices[i], &st) < 0)
			return err_set(e, -errno, "%s", devices[i]);
		if (!S_ISCHR(st.st_mode))
			return err_say(e, -ENODEV,
				"%s is no device: the host's /dev is broken",
				devices[i]);
		m = plan_mount_add(
			p, MOUNT_DEVICE, devices[i], devices[i], "a device");
		if (!m)
			return OUT_OF_MEMORY(e);
		/* A read-only mount stops no write to a device, but it stops
		 * chmod and chown of the host's node (--keep-uid). */
		m->dev = st.st_dev;
		m->ino = st.st_ino;
	}
	return add_tmpfs(p, "/dev/shm", "shared memory of this run", e);
}

int plan_system(struct plan *p, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < ELEMENTS(system_folders); i++)
		r = add_system_folder(p, system_folders[i], e);
	for (size_t i = 0; r == 0 && i < ELEMENTS(links); i++)
		r = add_content(p, MOUNT_LINK, links[i].target,
			links[i].content, "where programs expect it", e);
	if (r == 0)
		r = add_etc(p, e);
	if (r == 0)
		r = add_dev(p, e);
	if (r == 0)
		r = add_tmpfs(p, "/tmp", "temporary files of this run", e);
	if (r == 0)
		r = add_tmpfs(p, p->home, "HOME of this run, empty", e);
	if (r == 0 && !plan_mount_add(p, MOUNT_DIR, "/run", NULL, "empty"))
		r = OUT_OF_MEMORY(e);
	if (r == 0 && !p->no_proc &&
		!plan_mount_add(p, MOUNT_PROC, "/proc", NULL,
			"the sandbox's own processes"))
		r = OUT_OF_MEMORY(e);
	return r;
}
