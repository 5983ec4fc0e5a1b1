/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The name and version that a package gives itself. It chooses a profile by
 * name, so a name that is no plain package name is as good as none.
 */
#pragma once

#include "runtime/scan.h"

/* Sets package and package_version of the result unless they are set. */
void package_set(struct scan *s, const char *name, const char *version);

/* From the package.json nearest above @real, inside its own package. */
void package_from_node(struct scan *s, const char *real);

/* A Python distribution in one of @sites that has this console script. */
void package_from_script(
	struct scan *s, char *const *sites, const char *script);

/* A Python distribution in one of @sites that has this module. */
void package_from_module(
	struct scan *s, char *const *sites, const char *module);

/* From the [project] table of a pyproject.toml in @folder. */
void package_from_project(struct scan *s, const char *folder);
