/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who started this process, for the first record of a log. In the process that
 * was started, before it shuts itself in.
 */
#pragma once

struct record;

/* version, uid, exe, pid, and of the client what can be seen. */
void who_put(struct record *rec);

/* by: its terminal, and the processes that it descends from. */
void who_put_person(struct record *rec);
