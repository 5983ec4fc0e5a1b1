/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The all_verbs: each a file of this folder, each returns an exit status.
 */
#pragma once

#include <stddef.h>

struct verb {
	const char *name;
	int (*main)(int argc, char **argv);
	const char *about;
};

extern const struct verb all_verbs[];
extern const size_t n_all_verbs;

int verb_run(int argc, char **argv);
int verb_explain(int argc, char **argv);
int verb_log(int argc, char **argv);
int verb_verify(int argc, char **argv);
int verb_why(int argc, char **argv);
int verb_approve(int argc, char **argv);
int verb_status(int argc, char **argv);
int verb_stop(int argc, char **argv);
int verb_pin(int argc, char **argv);
int verb_profile(int argc, char **argv);
int verb_token(int argc, char **argv);
int verb_doctor(int argc, char **argv);
int verb_version(int argc, char **argv);
int verb_help(int argc, char **argv);
