/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/root.h"

#include <string.h>

#include "runtime/place.h"

static const struct {
	const char *part;
	const char *manager;
} managers[] = {
	{"/versions/node/v", "nvm"},
	{"/node-versions/", "fnm"},
	{"/tools/image/", "volta"},
	{"/.asdf/installs/", "asdf"},
	{"/asdf/installs/", "asdf"},
	{"/mise/installs/", "mise"},
	{"/.pyenv/versions/", "pyenv"},
	{"/pyenv/versions/", "pyenv"},
	{"/uv/python/", "uv"},
	{"/.nodenv/versions/", "nodenv"},
	{"/n/versions/node/", "n"},
	{"/hatch/pythons/", "hatch"},
	{"/nix/store/", "nix"},
	{"/gnu/store/", "guix"},
	{"/Cellar/", "homebrew"},
	{"/snap/", "snap"},
};

const char *root_manager(const char *real)
{
	for (size_t i = 0; i < ELEMENTS(managers); i++)
		if (strstr(real, managers[i].part))
			return managers[i].manager;
	return "";
}

const char *root_whole(
	struct scan *s, const char *real, const char **ret_manager)
{
	static const char *const stores[] = {"/nix/store", "/gnu/store"};
	const char *cellar = strstr(real, "/Cellar/");
	const char *root = NULL;

	for (size_t i = 0; i < ELEMENTS(stores); i++)
		if (place_is_inside(real, stores[i]) &&
			strcmp(real, stores[i]) != 0)
			root = scan_keep(s, stores[i]);
	if (!root && cellar)
		root = scan_fmt(s, "%.*s", (int)(cellar - real), real);
	/* Its own loader and libraries lie beside the Cellar. */
	if (!root && strstr(real, "/.linuxbrew/"))
		root = scan_fmt(s, "%.*s",
			(int)(strstr(real, "/.linuxbrew/") - real + 11), real);
	if (root && place_is_shared(s->q, root))
		root = NULL;
	if (root)
		*ret_manager =
			root_manager(real)[0] ? root_manager(real) : "homebrew";
	return root;
}

static const char *root_reason(
	struct scan *s, const char *what, const char *manager)
{
	const char *text = manager[0] ? scan_fmt(s, "version root of %s (%s)",
						what, manager)
				      : scan_fmt(s, "version root of %s", what);

	return text ? text : what;
}

/* A prefix like ~/.local holds much else: take what belongs to @what. */
static void root_mount_parts(struct scan *s, const char *prefix,
	const char *what, const char *const *parts)
{
	for (; *parts; parts++) {
		const char *folder = scan_join(s, prefix, *parts);
		const char *reason = scan_fmt(
			s, "part of %s, whose folder holds other things", what);

		if (folder && reason && place_is_dir(folder))
			(void)scan_mount(s, folder, reason);
	}
}

int root_mount(struct scan *s, const char *real, const char *what,
	const char *const *parts)
{
	const char *manager = root_manager(real);
	const char *prefix = root_whole(s, real, &manager);
	const char *bin = scan_parent(s, real);

	if (place_is_given(real))
		return 0;
	if (prefix) {
		(void)scan_mount(s, prefix, root_reason(s, what, manager));
		return 0;
	}
	if (scan_mount_file(s, real, scan_fmt(s, "%s itself", what)) != 0)
		return err_status(s->e, EXIT_CANNOT_RUN,
			"%s: cannot be mounted into the sandbox", real);
	if (!bin || strcmp(place_name(bin), "bin") != 0)
		return 0;
	prefix = scan_parent(s, bin);
	if (!prefix)
		return -ENOMEM;
	if (place_is_home_or_above(s->q, prefix))
		return err_status(s->e, EXIT_REFUSED,
			"%s: the version root of %s would be %s, which is never mounted; install it in a folder of its own",
			real, what, prefix);
	if (!manager[0] && place_is_dir(scan_join(s, prefix, "conda-meta")))
		manager = "conda";
	if (place_is_shared(s->q, prefix))
		root_mount_parts(s, prefix, what, parts);
	else
		(void)scan_mount(s, prefix, root_reason(s, what, manager));
	return 0;
}
