/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>

#include "runtime/runtime.h"

static const char *const names[] = {
	[RUNTIME_NONE] = "none",
	[RUNTIME_NODE] = "node",
	[RUNTIME_PYTHON] = "python",
	[RUNTIME_STATIC] = "static",
	[RUNTIME_OTHER] = "other",
};
static_assert(ELEMENTS(names) == RUNTIME_OTHER + 1, "a name for each kind");

const char *runtime_kind_name(enum runtime_kind k)
{
	return (size_t)k < ELEMENTS(names) ? names[k] : "none";
}

void runtime_result_free(struct runtime_result *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->n_mounts; i++) {
		free(r->mounts[i].path);
		free(r->mounts[i].reason);
	}
	free(r->mounts);
	free(r->exe);
	strv_free(r->argv);
	strv_free(r->argv_absolute);
	free(r->cwd);
	strv_free(r->path_first);
	strv_free(r->links);
	strv_free(r->env);
	free(r->program);
	free(r->package);
	free(r->package_version);
	strv_free(r->notes);
	free(r);
}
